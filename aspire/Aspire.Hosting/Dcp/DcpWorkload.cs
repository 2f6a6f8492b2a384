namespace Aspire.Hosting.Dcp;

/// <summary>Something that starts, runs and ends.</summary>
internal interface IDcpWorkload : IDcpResource
{
    DcpWorkloadStatus? Status { get; }
}

internal abstract record DcpWorkloadStatus
{
    /// <summary>Its own word for it: one of <see cref="DcpExecutableState"/>, or of a container's <c>Pending</c>, <c>Building</c>, <c>Running</c>, <c>Exited</c> and so on.</summary>
    public string? State { get; init; }

    /// <summary>-1 when a signal ended the process.</summary>
    public int? ExitCode { get; init; }

    public DateTimeOffset? StartupTimestamp { get; init; }

    public DateTimeOffset? FinishTimestamp { get; init; }

    /// <summary><c>Healthy</c>, <c>Caution</c> or <c>Unhealthy</c>; without probes what runs is healthy.</summary>
    public string? HealthStatus { get; init; }
}
