using FreeGpt4.Proxy.Metrics;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;
using Yarp.ReverseProxy.Transforms;

namespace FreeGpt4.Proxy.Health;

/// <summary>
/// A replica that is about to stop answers with <c>Connection: close</c> for a moment. From its first such answer on the other replicas
/// get the requests, so that none is on its way to it when it stops listening.
/// </summary>
internal sealed partial class StoppingReplicas(IDestinationHealthUpdater health, EdgeMetrics metrics, ILogger<StoppingReplicas> logger)
{
    // Longer than it goes on listening. After that it is gone from the names, or takes no connection, or is back.
    private static readonly TimeSpan SetAside = TimeSpan.FromSeconds(5);

    public void Notice(ResponseTransformContext answer)
    {
        // Only of a success: a server also closes a connection on which it could not read a request. And only when it was not asked to.
        if (answer.ProxyResponse is not { IsSuccessStatusCode: true, Headers.ConnectionClose: true } response
            || response.RequestMessage?.Headers.ConnectionClose == true
            || answer.HttpContext.GetReverseProxyFeature() is not { ProxiedDestination: { Health.Passive: not DestinationHealth.Unhealthy } replica })
        {
            return;
        }

        health.SetPassive(answer.HttpContext.GetRouteModel().Cluster!, replica, DestinationHealth.Unhealthy, SetAside);
        metrics.SetAside("stopping");
        Log.Stopping(logger, replica.DestinationId);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Replica {Destination} is about to stop and gets no new requests.")]
        public static partial void Stopping(ILogger logger, string destination);
    }
}
