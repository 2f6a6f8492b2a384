using Yarp.ReverseProxy.Forwarder;

namespace FreeGpt4.Proxy.Forwarding;

internal static class ForwarderErrorFeatureExtensions
{
    /// <summary>No connection was made: nothing of the request has left the edge.</summary>
    public static bool ConnectFailed(this IForwarderErrorFeature failure) => failure.Exception
        is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError }
        // SocketsHttpHandler.ConnectTimeout. A read timeout is a cancellation without this cause.
        or OperationCanceledException { InnerException: TimeoutException };

    /// <summary>The connection ended, after it was made, and before the headers of an answer were complete.</summary>
    public static bool LostBeforeAnswer(this IForwarderErrorFeature failure)
        => failure.Error == ForwarderError.Request && !failure.ConnectFailed();
}
