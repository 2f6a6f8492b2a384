using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using FreeGpt4.LlmApi.Providers;
using FreeGpt4.LlmApi.Providers.Connections;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Settings;

/// <summary>Providers come, change and go while requests are under way.</summary>
public sealed class LiveProviderTests
{
    [Fact]
    public async Task Stream_UnderWay_EndsWithTheProviderThatItBeganWith()
    {
        var goOn = new TaskCompletionSource();
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await SendAsync(context, """{"choices":[{"index":0,"delta":{"content":"Hi"}}]}""");
            await goOn.Task.WaitAsync(context.RequestAborted);
            await SendAsync(context, """{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""");
            await SendAsync(context, "[DONE]");
        });
        await using var other = await UpstreamServer.StartAsync(Events("stream-complete.sse"));
        await using var cluster = await SettingsCluster.StartAsync(upstream: upstream);
        var client = cluster.Clients[0];
        using var stream = await client.ChatAsync(ChatRequests.Body(stream: true));

        await client.PutAsync(("CUSTOM_BASE_URL", other.BaseUrl), ("CUSTOM_CONNECT_TIMEOUT", "5s"), ("CUSTOM_API_KEY", "sk-1"));
        Collect(cluster);
        using var next = await client.ChatAsync(ChatRequests.Body(stream: true));
        goOn.SetResult();

        (await stream.TextAsync()).ShouldEndWith("data: [DONE]\n\n");
        (await next.TextAsync()).ShouldEndWith("data: [DONE]\n\n");
        upstream.Chats.Count.ShouldBe(1);
        other.Chats.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Provider_ThatNothingHasChangedFor_StaysAsItIs()
    {
        await using var upstream = await ModelServer.StartAsync();
        await using var other = await ModelServer.StartAsync();
        await using var cluster = await SettingsCluster.StartAsync(upstream: upstream, other: other);
        var registry = cluster.Services[0].GetRequiredService<ProviderRegistry>();
        var (custom, second) = (registry.Find("Custom"), registry.Find(LlmApiFactory.Other));
        await custom.ShouldNotBeNull().Models.Refresh();

        await cluster.Clients[0].PutAsync(("OTHER_API_KEY", "sk-1"), ("FALLBACK_PROVIDERS", "Other,Custom"), ("KEYWORD", "q"));

        registry.Find("Custom").ShouldBeSameAs(custom);
        var changed = registry.Find(LlmApiFactory.Other).ShouldNotBeNull();
        changed.ShouldNotBeSameAs(second);
        changed.Http.ShouldBeSameAs(second.ShouldNotBeNull().Http);
        upstream.ModelLists.Count.ShouldBe(1);
        registry.Chain.Select(provider => provider.Name).ShouldBe([LlmApiFactory.Other, "Custom"]);
    }

    [Fact]
    public async Task Provider_ThatTheChainLeavesOut_IsNamedAtTheStartAndWhenItIsSetUp_AndInTheStatus()
    {
        const string Warning = "is set up, but FALLBACK_PROVIDERS leaves it out: it is asked only when a request names it";
        var lines = new ConcurrentQueue<string>();
        await using var upstream = await ModelServer.StartAsync();
        await using var cluster = await SettingsCluster.StartAsync(upstream: upstream, onLog: lines.Enqueue, settings: ("FALLBACK_PROVIDERS", "Groq"));
        var client = cluster.Clients[0];

        lines.ShouldContain($"Custom {Warning}.");
        using (var response = await client.GetAsync(new Uri("/status", UriKind.Relative), TestContext.Current.CancellationToken))
        {
            var custom = (await response.JsonAsync())["providers"]!.AsArray().Single(provider => provider.Value("name") == "Custom");
            (custom.Value("usable"), custom.Value("reason")).ShouldBe(("true", Warning));
        }

        lines.Clear();
        await client.PutAsync(("CEREBRAS_API_KEY", "csk-1"), ("CEREBRAS_BASE_URL", upstream.BaseUrl));
        lines.ShouldContain($"Cerebras {Warning}.");

        lines.Clear();
        await client.PutAsync(("FALLBACK_PROVIDERS", "Cerebras,Custom"));
        lines.ShouldNotContain(line => line.Contains(Warning, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Provider_ThatGetsItsKey_CanBeAskedAndWithoutItNoMore()
    {
        await using var upstream = await ModelServer.StartAsync();
        await using var cluster = await SettingsCluster.StartAsync(settings: ("FALLBACK_PROVIDERS", ""));
        var client = cluster.Clients[0];
        client.DefaultRequestHeaders.Add("x-freegpt4-provider", "Groq");
        (await StatusAsync(client)).ShouldBe(HttpStatusCode.ServiceUnavailable);

        await client.PutAsync(("GROQ_API_KEY", "gsk-1"), ("GROQ_BASE_URL", upstream.BaseUrl));
        (await StatusAsync(client)).ShouldBe(HttpStatusCode.OK);
        cluster.Services[0].GetRequiredService<ProviderRegistry>().Chain.ShouldContain(provider => provider.Name == "Groq");

        await client.PutAsync(("GROQ_API_KEY", null));
        (await StatusAsync(client)).ShouldBe(HttpStatusCode.ServiceUnavailable);
        await Eventually.IsTrue(() => Collect(cluster) == 0, Patience.Limit, "the replaced clients are closed", TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Provider_ThatWasLeftAlone_IsAskedAgainWhenItsSettingsAreChanged()
    {
        await using var broken = await UpstreamServer.StartAsync(Status(401, "no"));
        await using var upstream = await ModelServer.StartAsync();
        await using var cluster = await SettingsCluster.StartAsync(upstream: broken, settings: ("CUSTOM_API_KEY", "sk-1"));
        (await StatusAsync(cluster.Clients[0])).ShouldBe(HttpStatusCode.ServiceUnavailable);

        await cluster.Clients[0].PutAsync(("CUSTOM_BASE_URL", upstream.BaseUrl));

        (await StatusAsync(cluster.Clients[0])).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Chats_WhileSettingsChangeAllTheTime_DoNotFail()
    {
        await using var upstream = await ModelServer.StartAsync();
        await using var other = await ModelServer.StartAsync();
        await using var cluster = await SettingsCluster.StartAsync(replicas: 2, upstream: upstream, other: other);
        var isOver = false;
        var chats = Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            var count = 0;
            for (; !Volatile.Read(ref isOver); count++)
            {
                using var response = await cluster.Clients[i % 2].ChatAsync(ChatRequests.Body(stream: count % 2 == 0, model: count % 3 == 0 ? "auto" : "gpt-4o"));
                response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.TextAsync());
            }

            return count;
        })).ToList();

        for (var i = 0; i < Effort.Choose(40, 1000); i++)
        {
            await cluster.Clients[i % 2].PutAsync(
                ("CUSTOM_API_KEY", $"sk-{i}"), ("CUSTOM_CONNECT_TIMEOUT", $"{5 + (i % 3)}s"), ("FALLBACK_PROVIDERS", i % 2 == 0 ? "Other,Custom" : "Custom"), ("MODEL", i % 2 == 0 ? "tiny-1" : null));
        }

        Volatile.Write(ref isOver, true);
        (await Task.WhenAll(chats)).Sum().ShouldBeGreaterThan(0);
        await Eventually.IsTrue(() => Collect(cluster) == 0, Patience.Limit, "the replaced clients are closed", TestContext.Current.CancellationToken);
    }

    // What nobody has any more is found when garbage is collected.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Collect(SettingsCluster cluster)
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return cluster.Services.Sum(services => services.GetRequiredService<ProviderClients>().Sweep());
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client)
    {
        using var response = await client.ChatAsync(ChatRequests.Body());
        return response.StatusCode;
    }

    private static async Task SendAsync(HttpContext context, string data)
    {
        await context.Response.WriteAsync($"data: {data}\n\n", context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }
}
