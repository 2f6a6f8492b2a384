using System.Text.Json;
using FreeGpt4.LlmApi.Providers.Connections;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>What it means that a call to an upstream ended in an exception.</summary>
internal static class UpstreamFailure
{
    /// <returns><c>null</c> for what is no failure of the upstream.</returns>
    public static ProviderException? Explain(Exception exception, Deadline deadline, ProviderOptions options) => exception switch
    {
        OperationCanceledException when deadline.HasPassed =>
            new(ProviderFailure.Timeout, $"sent no {deadline.Stage} within {deadline.Limit.TotalSeconds:0.###} s", exception),
        OperationCanceledException { InnerException: TimeoutException } =>
            new(ProviderFailure.Unreachable, $"took no connection within {options.ConnectTimeout.TotalSeconds:0.###} s", exception),
        NoProxyException => new(
            ProviderFailure.Unreachable, $"cannot be reached through {OutgoingProxies.Setting}: check that they run and let us through", exception),
        HttpRequestException
        {
            HttpRequestError: HttpRequestError.NameResolutionError
                or HttpRequestError.ConnectionError
                or HttpRequestError.SecureConnectionError
                or HttpRequestError.ProxyTunnelError
        } => new(ProviderFailure.Unreachable, $"cannot be reached: check that it runs, and {options.AddressSetting}", exception),
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } or InvalidDataException =>
            new(ProviderFailure.Answer, "sent more than an answer can hold", exception),
        HttpRequestException or IOException =>
            new(ProviderFailure.Answer, "closed the connection in the middle of the answer", exception),
        JsonException => new(ProviderFailure.Answer, "sent something that is not an answer", exception),
        _ => null,
    };
}
