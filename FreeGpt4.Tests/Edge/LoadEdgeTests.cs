using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Edge;

/// <summary>Both edges over replicas of the real API that come and go under load.</summary>
public abstract class LoadEdgeTests(EdgeProgram program)
{
    // What two busy cores can do besides, and what the cluster has to do on a machine of its own.
    private static readonly int PerSecond = Effort.Choose(usual: 50, full: 300);
    private static readonly int Rounds = Effort.Choose(usual: 1, full: 6);

    [Fact]
    public async Task Load_WhileReplicasStopRestartAndScale_FailsNoRequest()
    {
        await using var upstream = await StartUpstreamAsync();
        await using var replicas = new ApiReplicas(upstream.BaseUrl);
        await replicas.StartAsync(1, 2);
        await using var edge = await program.StartAsync(replicas.Name, ("RATE_LIMIT_API", "off"), ("DOTNET_ENVIRONMENT", "Production"));
        await using var load = OpenLoad.Start(edge.Client.BaseAddress!, PerSecond);
        await load.UsesAsync("r1", "r2");

        for (var round = 0; round < Rounds; round++)
        {
            await replicas.StopAsync(2);
            await load.UsesAsync("r1");
            await replicas.StartAsync(2);
            await load.UsesAsync("r1", "r2");

            // One by one, each as soon as the one before it says that it is ready.
            foreach (var number in (int[])[1, 2])
            {
                await replicas.StopAsync(number);
                await replicas.StartAsync(number);
            }

            await load.UsesAsync("r1", "r2");
            await replicas.StartAsync(3, 4);
            await load.UsesAsync("r1", "r2", "r3", "r4");
            await replicas.StopAsync(2, 3, 4);
            await load.UsesAsync("r1");
            await replicas.StartAsync(2);
            await load.UsesAsync("r1", "r2");
        }

        var requests = await load.StopAsync();
        Report(requests);
        requests.Where(request => request.Failure is not null).ShouldBeEmpty();
    }

    [Fact]
    public async Task Load_WhileReplicasAreKilled_FailsOnlyWhatTheyHad()
    {
        await using var upstream = await StartUpstreamAsync();
        await using var replicas = new ApiReplicas(upstream.BaseUrl);
        await replicas.StartAsync(1, 2, 3);
        await using var edge = await program.StartAsync(replicas.Name, ("RATE_LIMIT_API", "off"), ("DOTNET_ENVIRONMENT", "Production"));
        await using var load = OpenLoad.Start(edge.Client.BaseAddress!, PerSecond);
        await load.UsesAsync("r1", "r2", "r3");

        var kills = new List<(string Replica, TimeSpan Before, TimeSpan After)>();
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var number in (int[])[3, 1])
            {
                var before = load.Now;
                await replicas.KillAsync(number);
                kills.Add((ApiReplicas.Id(number), before, load.Now));
                await load.MoreAsync(PerSecond);
                await replicas.StartAsync(number);
                await load.UsesAsync("r1", "r2", "r3");
            }
        }

        var requests = await load.StopAsync();
        Report(requests);
        foreach (var failed in requests.Where(request => request.Failure is not null))
        {
            // It ran when a replica was killed. It was cut within the answer of that one, or nobody had answered yet and it may be
            // sent again; what only reads was sent again by the edge.
            var kill = kills.Where(kill => failed.Started <= kill.After && failed.Ended >= kill.Before).ToArray();
            kill.ShouldHaveSingleItem($"{failed}");
            if (failed.Status == 200)
            {
                failed.Replica.ShouldBe(kill[0].Replica, $"{failed}");
            }
            else
            {
                (failed.Status, failed.Code, failed.MayRetry).ShouldBe((502, "replica_lost", true), $"{failed}");
                failed.Kind.ShouldNotBe("list");
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{kills.Count} replicas were killed");
    }

    // A model that takes a moment, so that there are always requests under way.
    private static Task<UpstreamServer> StartUpstreamAsync() => UpstreamServer.StartAsync(
        async context =>
        {
            var thinking = TimeSpan.FromMilliseconds(50);
            var isStream = JsonNode.Parse(context.Features.Get<UpstreamRequest>()!.Body)!["stream"]?.GetValue<bool>() is true;
            await Task.Delay(thinking, context.RequestAborted);
            if (!isStream)
            {
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync(Body("chat.completion", """{"index":0,"message":{"role":"assistant","content":"four"},"finish_reason":"stop"}"""));
                return;
            }

            context.Response.ContentType = "text/event-stream";
            foreach (var word in (string[])["four", " five", " six", " seven"])
            {
                await context.Response.WriteAsync($"data: {Body("chat.completion.chunk", $$"""{"index":0,"delta":{"content":"{{word}}"},"finish_reason":null}""")}\n\n");
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(thinking, context.RequestAborted);
            }

            await context.Response.WriteAsync($"data: {Body("chat.completion.chunk", """{"index":0,"delta":{},"finish_reason":"stop"}""")}\n\ndata: [DONE]\n\n");
        },
        models: UpstreamServerReplies.Status(200, """{"object":"list","data":[{"id":"tiny-1","object":"model","created":1764000000,"owned_by":"tests"}]}"""));

    private static string Body(string kind, string choice)
        => $$"""{"id":"chatcmpl-tiny","object":"{{kind}}","created":1764000000,"model":"tiny-1","choices":[{{choice}}]}""";

    private static void Report(IReadOnlyList<LoadedRequest> requests)
    {
        var output = TestContext.Current.TestOutputHelper!;
        var seconds = requests.Max(request => request.Ended).TotalSeconds;
        output.WriteLine($"{requests.Count} requests in {seconds:0.0} s, {requests.Count(request => request.Failure is not null)} failed");
        foreach (var kind in requests.GroupBy(request => request.Kind))
        {
            var times = kind.Select(request => (request.Ended - request.Started).TotalMilliseconds).Order().ToArray();
            output.WriteLine(
                $"  {kind.Key}: {times.Length}, {kind.Count(request => request.Failure is not null)} failed; "
                + $"median {times[times.Length / 2]:0} ms, 99 % within {times[times.Length * 99 / 100]:0} ms");
        }

        foreach (var failed in requests.Where(request => request.Failure is not null).Take(20))
        {
            output.WriteLine($"  {failed}");
        }
    }
}

public sealed class NginxLoadEdgeTests() : LoadEdgeTests(new NginxProgram());

public sealed class ProxyLoadEdgeTests() : LoadEdgeTests(new ProxyProgram());
