namespace Aspire.Hosting.Dcp;

internal sealed record DcpHostOptions
{
    /// <summary>The <c>dcp</c> program; see <see cref="DcpPaths.FindDcp"/>.</summary>
    public required string DcpPath { get; init; }

    /// <summary>DCP's environment, which everything it starts inherits.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = ChildEnvironment.OfThisProcess();

    /// <summary>When this process ends, however it ends, DCP stops everything that it has started and goes.</summary>
    public int MonitoredProcessId { get; init; } = System.Environment.ProcessId;

    /// <summary><c>docker</c> or <c>podman</c>; <see langword="null"/> lets DCP look for one.</summary>
    public string? ContainerRuntime { get; init; }

    public TimeSpan StartTimeLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Processes that have not stopped by then are killed. DCP itself gives each 6 s after SIGTERM, and a container 10 s.</summary>
    public TimeSpan StopTimeLimit { get; init; } = TimeSpan.FromSeconds(10);

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
