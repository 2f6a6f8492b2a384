namespace FreeGpt4.LlmApi.State;

/// <summary>How often something was changed, by which replicas notice that it was.</summary>
internal sealed class Revision
{
    public required string Topic { get; init; }

    public long Number { get; set; }
}

/// <summary>A replica that is there, or was until a moment ago.</summary>
internal sealed class ReplicaRecord
{
    public required string Id { get; init; }

    public required string Version { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    public DateTimeOffset SeenAt { get; set; }

    /// <summary>Bytes of its working set.</summary>
    public long Memory { get; set; }

    public required string Health { get; set; }
}

/// <summary>What the state itself has to remember.</summary>
internal sealed class Note
{
    public required string Name { get; init; }

    public required string Value { get; set; }
}
