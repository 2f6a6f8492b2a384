using System.Runtime.CompilerServices;
using FreeGpt4.Proxy.Forwarding;
using FreeGpt4.Proxy.Metrics;
using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace FreeGpt4.Proxy.Health;

/// <summary>
/// Sets a replica aside that failed <see cref="EdgeOptions.MaxFails"/> times within <see cref="EdgeOptions.FailTimeout"/>, for that long.
/// </summary>
/// <remarks>
/// A failure is a connection that was not made, that ended before an answer, or that was silent for too long. Whatever status a replica
/// sends is an answer, and a client that left says nothing about the replica. Each attempt of a request counts by itself.
/// </remarks>
internal sealed partial class FailureCountPolicy(
    IOptions<EdgeOptions> options, IDestinationHealthUpdater health, TimeProvider time, EdgeMetrics metrics, ILogger<FailureCountPolicy> logger)
    : IPassiveHealthCheckPolicy
{
    public const string PolicyName = "failure-count";

    private readonly ConditionalWeakTable<DestinationState, Queue<long>> _failures = [];
    private readonly int _mostFailures = options.Value.MaxFails;
    private readonly TimeSpan? _window = options.Value.FailTimeout;

    public string Name => PolicyName;

    public void RequestProxied(HttpContext context, ClusterState cluster, DestinationState destination)
    {
        if (_window is not { } window || _mostFailures == 0 || context.GetForwarderErrorFeature() is not { } failure
            || !IsOfReplica(failure, context) || !AreTooMany(_failures.GetOrCreateValue(destination), window))
        {
            return;
        }

        // It may have failed requests that were on their way, or be used since all are set aside.
        var isNews = destination.Health.Passive != DestinationHealth.Unhealthy;
        health.SetPassive(cluster, destination, DestinationHealth.Unhealthy, window);
        if (isNews)
        {
            metrics.SetAside("failures");
            Log.SetAside(logger, destination.DestinationId, window.TotalSeconds, _mostFailures);
        }
    }

    private static bool IsOfReplica(IForwarderErrorFeature failure, HttpContext context)
        => !context.RequestAborted.IsCancellationRequested
            && (failure.ConnectFailed() || failure.LostBeforeAnswer()
                || failure.Error is ForwarderError.RequestTimedOut or ForwarderError.RequestBodyDestination);

    private bool AreTooMany(Queue<long> failures, TimeSpan window)
    {
        lock (failures)
        {
            while (failures.TryPeek(out var oldest) && time.GetElapsedTime(oldest) > window)
            {
                failures.Dequeue();
            }

            failures.Enqueue(time.GetTimestamp());
            if (failures.Count < _mostFailures)
            {
                return false;
            }

            failures.Clear();
            return true;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Replica {Destination} is set aside for {Seconds} s after {Failures} failures.")]
        public static partial void SetAside(ILogger logger, string destination, double seconds, int failures);
    }
}
