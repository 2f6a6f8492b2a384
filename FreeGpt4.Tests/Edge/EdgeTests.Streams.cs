using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Edge;

public abstract partial class EdgeTests
{
    [Fact]
    public async Task Stream_UpstreamSilentForLong_Survives()
    {
        // As a model that thinks: before its first word, and between two. The silence is what is tested.
        var silence = TimeSpan.FromSeconds(Effort.Choose(usual: 3, full: 120));
        await using var replica = await Replica.StartAsync(async context =>
        {
            if (context.Request.Path == "/before")
            {
                await Task.Delay(silence, context.RequestAborted);
            }

            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: 1\n\n", context.RequestAborted);
            if (context.Request.Path == "/between")
            {
                await Task.Delay(silence, context.RequestAborted);
            }

            await context.Response.WriteAsync("data: [DONE]\n\n", context.RequestAborted);
        });
        await using var edge = await Program.StartAsync(replica.Address);
        using var client = new HttpClient { BaseAddress = edge.Client.BaseAddress, Timeout = Timeout.InfiniteTimeSpan };

        var streams = await Task.WhenAll(client.GetStringAsync("/before", Cancelled), client.GetStringAsync("/between", Cancelled));

        streams.ShouldAllBe(text => text == "data: 1\n\ndata: [DONE]\n\n");
        TestContext.Current.TestOutputHelper?.WriteLine($"Two streams survived a silence of {silence.TotalSeconds} s.");
    }

    [Fact]
    public async Task Edge_ToldToStop_LetsStreamsEnd()
    {
        var goOn = new TaskCompletionSource();
        await using var replica = await Replica.StartAsync(async context =>
        {
            await context.Response.WriteAsync("first\n", context.RequestAborted);
            await goOn.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("last\n", context.RequestAborted);
        });

        // In Development a stop is meant to be short.
        await using var edge = await Program.StartAsync(
            replica.Address, ("NGINX_SHUTDOWN_TIMEOUT", "10m"), ("DOTNET_ENVIRONMENT", "Production"));
        var readers = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ => new StreamReader(await edge.Client.GetStreamAsync("/", Cancelled))));
        foreach (var reader in readers)
        {
            (await reader.ReadLineAsync(Cancelled)).ShouldBe("first");
        }

        edge.Terminate();
        await Eventually.IsTrue(
            async () => !await AnswersAsync(new(System.Net.IPAddress.Loopback, edge.Port)), Patience.Limit, "the edge no longer listens", Cancelled);
        edge.HasExited.ShouldBeFalse();
        goOn.SetResult();

        foreach (var reader in readers)
        {
            (await reader.ReadToEndAsync(Cancelled)).ShouldBe("last\n");
            reader.Dispose();
        }

        (await edge.ExitCodeAsync()).ShouldBe(0);
    }
}
