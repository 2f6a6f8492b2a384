namespace FreeGpt4.Proxy.Health;

/// <summary>How often the replicas are asked whether they are ready.</summary>
/// <param name="Interval">
/// After the answers to the ones before. Well within the time that a stopping replica goes on listening, and says that it is not ready.
/// Null: not at all.
/// </param>
/// <param name="Timeout">Of one question. On a busy machine even a healthy replica may take a while.</param>
internal sealed record Probes(TimeSpan? Interval, TimeSpan Timeout)
{
    public Probes() : this(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5))
    {
    }
}
