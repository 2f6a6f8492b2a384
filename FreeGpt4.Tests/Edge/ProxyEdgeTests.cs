using System.Diagnostics;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Edge;

/// <summary>FreeGpt4.Proxy as the edge, set up as in a cluster on one machine.</summary>
public sealed class ProxyEdgeTests : EdgeTests
{
    protected override string ConnectFailedLine => "trying again";

    protected override Task<RunningEdge> StartAsync(Uri replica, params (string Name, string Value)[] settings)
    {
        var port = FreePorts.Next();
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "FreeGpt4.Proxy"))
        {
            Environment =
            {
                ["DOTNET_ENVIRONMENT"] = "Development",
                ["EDGE_PORT"] = $"{port}",
                ["UPSTREAM_KEEPALIVE"] = "0",
                ["services__llm-api__http__0"] = replica.AbsoluteUri,
            },
        };
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return RunningEdge.StartAsync(start, port);
    }
}
