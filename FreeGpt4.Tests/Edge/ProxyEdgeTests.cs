namespace FreeGpt4.Tests.Edge;

/// <summary>FreeGpt4.Proxy as the edge, set up as in a cluster on one machine.</summary>
public sealed class ProxyEdgeTests : EdgeTests
{
    protected override EdgeProgram Program { get; } = new ProxyProgram();

    protected override string ConnectFailedLine => "trying again";

    protected override Task<RunningEdge> StartAsync(Uri replica, params (string Name, string Value)[] settings)
        => Program.StartAsync(replica, settings);
}
