using System.Diagnostics;
using System.Net;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Edge;

/// <summary>The start of an nginx that asks for the name of the replicas itself.</summary>
public sealed class NginxResolvingTests
{
    // nginx/ at the top of the repository, which artifacts/bin/FreeGpt4.Tests/debug/ lies four levels below.
    private static readonly string Scripts = Path.GetFullPath("../../../../nginx", AppContext.BaseDirectory);

    [Fact]
    public async Task Health_SlowNameServer_IsSaidWhenReplicasAreKnown()
    {
        // Four questions, one after the other: the name is in the configuration twice, and is asked for IPv4 and for IPv6.
        await using var name = new ReplicaName(TimeSpan.FromMilliseconds(100), 1);
        await using var one = await Replica.StartAsync(context => context.Response.WriteAsync("one", context.RequestAborted), name.EndPoint(1));
        await using var edge = await StartAsync(name);

        using var response = await edge.Client.GetAsync("/v1/models", TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task<RunningEdge> StartAsync(ReplicaName name)
    {
        var port = FreePorts.Next();
        var folder = Path.Combine(Path.GetTempPath(), $"freegpt4-edge-tests-{Guid.NewGuid():N}");
        var start = new ProcessStartInfo("sh", ["run.sh", await DebianNginx.ResolvingProgramAsync(), folder])
        {
            WorkingDirectory = Scripts,
            Environment =
            {
                ["EDGE_PORT"] = $"{port}",
                ["UPSTREAM"] = $"{ReplicaName.Host}:{name.Port}",
                ["UPSTREAM_RESOLVE"] = "on",
                ["UPSTREAM_RESOLVER"] = $"127.0.0.1:{name.NameServerPort}",
                ["NGINX_SHUTDOWN_TIMEOUT"] = "1s",
            },
        };
        return await RunningEdge.StartAsync(start, port);
    }
}
