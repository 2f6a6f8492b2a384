using FreeGpt4.LlmApi.Hosting;
using FreeGpt4.LlmApi.State;
using FreeGpt4.LlmApi.Usage;

namespace FreeGpt4.LlmApi.Status;

/// <summary>How the replicas and what they share are, from memory.</summary>
internal sealed class ClusterStatus(LiveReplicas replicas, StateOptions options, StateHealth health, UsageQueue usage, TimeProvider time)
{
    public IReadOnlyList<ReplicaStatus> Replicas() =>
    [
        .. replicas.Known.Select(one => new ReplicaStatus(
            one.Id, one.Version, one.Health, (long)(time.GetUtcNow() - one.StartedAt).TotalSeconds, one.Memory, one.SeenAt)),
    ];

    public StateStatus State()
    {
        var engine = options.Engine.ToString().ToLowerInvariant();
        return health.LostSince is { } since
            ? new(engine, Answers: false, since, "The database does not answer: the last known settings are in force, and nothing is written.")
            : new(engine, Answers: true, LostSince: null, Warning: null);
    }

    public UsageStatus Usage() => new(usage.Waiting, usage.Dropped);
}

/// <param name="Memory">Bytes.</param>
internal sealed record ReplicaStatus(string Id, string Version, string Health, long UptimeSeconds, long Memory, DateTimeOffset Seen);

/// <param name="Warning">What follows from it; <c>null</c> when all is well.</param>
internal sealed record StateStatus(string Engine, bool Answers, DateTimeOffset? LostSince, string? Warning);

/// <param name="Waiting">Requests that are still to be written down.</param>
/// <param name="Dropped">Those that never will be, of this replica since its start.</param>
internal sealed record UsageStatus(int Waiting, long Dropped);
