using System.Runtime.CompilerServices;
using FreeGpt4.Proxy.Metrics;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace FreeGpt4.Proxy.Health;

/// <summary>
/// A replica that says it is not ready gets no new requests until it says that it is. One that says nothing may only be busy: it has to
/// be silent <see cref="MostSilences"/> times in a row.
/// </summary>
/// <remarks>
/// Only a server error is "not ready". Any other status comes from a replica that answers, such as one that does not know the
/// address it is asked by.
/// </remarks>
internal sealed partial class ReadinessPolicy(IDestinationHealthUpdater health, EdgeMetrics metrics, ILogger<ReadinessPolicy> logger)
    : IActiveHealthCheckPolicy
{
    public const string PolicyName = "readiness";
    public const int MostSilences = 3;

    private readonly ConditionalWeakTable<DestinationState, StrongBox<int>> _silences = [];

    public string Name => PolicyName;

    public void ProbingCompleted(ClusterState cluster, IReadOnlyList<DestinationProbingResult> probingResults)
        => health.SetActive(
            cluster, [.. probingResults.Select(probe => new NewActiveDestinationHealth(probe.Destination, HealthAfter(probe)))]);

    private DestinationHealth HealthAfter(DestinationProbingResult probe)
    {
        var before = probe.Destination.Health.Active;
        var silences = _silences.GetOrCreateValue(probe.Destination);
        silences.Value = probe.Response is null ? silences.Value + 1 : 0;
        var after = probe.Response is { } answer
            ? (int)answer.StatusCode < StatusCodes.Status500InternalServerError ? DestinationHealth.Healthy : DestinationHealth.Unhealthy
            : silences.Value < MostSilences ? before : DestinationHealth.Unhealthy;

        if (after != before && after == DestinationHealth.Unhealthy)
        {
            var reason = probe.Response is null ? "silent" : "not ready";
            metrics.SetAside(reason);
            Log.Unfit(logger, probe.Destination.DestinationId, reason);
        }
        else if (after != before && before == DestinationHealth.Unhealthy)
        {
            Log.Ready(logger, probe.Destination.DestinationId);
        }

        return after;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Replica {Destination} is {Reason} and gets no new requests.")]
        public static partial void Unfit(ILogger logger, string destination, string reason);

        [LoggerMessage(2, LogLevel.Information, "Replica {Destination} is ready again.")]
        public static partial void Ready(ILogger logger, string destination);
    }
}
