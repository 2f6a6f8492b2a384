using System.Net.Mime;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Orchestration;

/// <summary>Asks an endpoint of a resource to do something.</summary>
internal sealed class HttpCommand(EndpointReference endpoint, string path, HttpCommandOptions options)
{
    public HttpMethod Method => options.Method ?? HttpMethod.Post;

    public static ResourceCommandState EnabledWhileRunning(UpdateCommandStateContext context)
        => context.ResourceSnapshot.State?.Text is { } state && (state == KnownResourceStates.Running || state == KnownResourceStates.RuntimeUnhealthy)
            ? ResourceCommandState.Enabled
            : ResourceCommandState.Disabled;

    public async Task<ExecuteCommandResult> ExecuteAsync(ExecuteCommandContext context)
    {
        var services = context.ServiceProvider;
        using var client = services.GetRequiredService<IHttpClientFactory>().CreateClient(options.HttpClientName ?? "");
        if (options.HttpClientName is null)
        {
            client.Timeout = Timeout.InfiniteTimeSpan;
        }

        var address = services.GetRequiredService<ReplicaSets>().AddressOf(context.ResourceName, endpoint);
        using var request = new HttpRequestMessage(Method, new Uri(address, path));
        if (options.PrepareRequest is { } prepare)
        {
            await prepare(new()
            {
                ServiceProvider = services,
                ResourceName = context.ResourceName,
                Endpoint = endpoint,
                HttpClient = client,
                Request = request,
                CancellationToken = context.CancellationToken,
            }).ConfigureAwait(false);
        }

        try
        {
            using var response = await client.SendAsync(request, context.CancellationToken).ConfigureAwait(false);
            return options.GetCommandResult is { } result
                ? await result(new()
                {
                    ServiceProvider = services,
                    ResourceName = context.ResourceName,
                    Endpoint = endpoint,
                    HttpClient = client,
                    Response = response,
                    CancellationToken = context.CancellationToken,
                }).ConfigureAwait(false)
                : await ResultAsync(request.RequestUri!, response, context.CancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            return CommandResults.Failure($"{Method} {request.RequestUri} failed: {exception.Message}");
        }
    }

    private async Task<ExecuteCommandResult> ResultAsync(Uri address, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var message = $"{Method} {address} answered {(int)response.StatusCode}.";
        var body = options.ResultMode is HttpCommandResultMode.None ? "" : await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        var data = body.Length == 0 ? null : new CommandResultData { Value = body, Format = Format(response) };
        return new() { Success = response.IsSuccessStatusCode, Message = message, Data = data };
    }

    private CommandResultFormat Format(HttpResponseMessage response) => options.ResultMode switch
    {
        HttpCommandResultMode.Json => CommandResultFormat.Json,
        HttpCommandResultMode.Auto when response.Content.Headers.ContentType?.MediaType == MediaTypeNames.Application.Json => CommandResultFormat.Json,
        _ => CommandResultFormat.Text,
    };
}
