using System.Collections.Concurrent;
using System.Net;
using FreeGpt4.LlmApi.Settings;
using FreeGpt4.LlmApi.State;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.Tests.LlmApi.Settings;

/// <summary>A stored value that cannot be used, and a database that cannot be reached, do not stop the cluster.</summary>
public sealed class UnusableSettingsTests
{
    [Fact]
    public async Task Setting_OfAProviderThatIsGone_IsLeftOutAndToldAndCanBeTakenAway()
    {
        var log = new ConcurrentQueue<string>();
        await using var upstream = await ModelServer.StartAsync();
        await using var cluster = await SettingsCluster.StartAsync(upstream: upstream, other: upstream);
        await cluster.Clients[0].PutAsync(("PROVIDER", LlmApiFactory.Other), ("OTHER_API_KEY", "sk-nobody-may-see"), ("KEYWORD", "q"));
        await cluster.StopReplicasAsync();

        cluster.Add(upstream: upstream, onLog: log.Enqueue);
        var client = cluster.Clients[0];

        using (var chat = await client.ChatAsync(ChatRequests.Body()))
        {
            chat.Header("x-freegpt4-provider").ShouldBe("Custom");
        }

        var provider = await client.SettingAsync("PROVIDER");
        provider.Value("source").ShouldBe("default");
        provider.Value("isStored").ShouldBe("true");
        provider.Value("problem").ShouldNotBeNull().ShouldStartWith("is \"Other\"; allowed is ");
        (await client.SettingAsync("KEYWORD")).Value("value").ShouldBe("q");
        var key = await client.SettingAsync("OTHER_API_KEY");
        key.Value("problem").ShouldNotBeNull().ShouldContain("no such setting is known");
        key.ToJsonString().ShouldNotContain("may-see");
        log.ShouldContain(line => line.StartsWith("The stored setting PROVIDER is", StringComparison.Ordinal));
        log.ShouldContain(line => line.StartsWith("The stored setting OTHER_API_KEY is", StringComparison.Ordinal));

        await client.PutAsync(("KEYWORD", "ask"));
        using (var refused = await client.TryPutAsync(("OTHER_API_KEY", "sk-2")))
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        }

        await client.PutAsync(("PROVIDER", null), ("OTHER_API_KEY", null));
        (await client.SettingAsync("PROVIDER"))["problem"].ShouldBeNull();
        (await client.SettingAsync("KEYWORD")).Value("value").ShouldBe("ask");
    }

    [Fact]
    public async Task Setting_ThatBecomesUnusable_LeavesTheOneBeforeInForce()
    {
        await using var cluster = await SettingsCluster.StartAsync();
        var client = cluster.Clients[0];
        await client.PutAsync(("KEYWORD", "q"), ("SYSTEM_PROMPT", "One."));

        // As a later version, or a hand, may write it.
        await cluster.Services[0].GetRequiredService<StateStore>().WriteAsync(
            StoredSettings.Topic,
            async context =>
            {
                (await context.Settings.FindAsync(["KEYWORD"], TestContext.Current.CancellationToken))!.Value = "a&b";
                (await context.Settings.FindAsync(["SYSTEM_PROMPT"], TestContext.Current.CancellationToken))!.Value = "Two.";
            },
            TestContext.Current.CancellationToken);
        await Eventually.IsTrue(
            async () => (await client.SettingAsync("SYSTEM_PROMPT")).Value("value") is "Two.", Patience.Limit, "it is read", TestContext.Current.CancellationToken);

        var keyword = await client.SettingAsync("KEYWORD");
        keyword.Value("value").ShouldBe("q");
        keyword.Value("problem").ShouldNotBeNull().ShouldStartWith("is \"a&b\"; allowed is ");
    }

    [Fact]
    public async Task Settings_WhileTheDatabaseIsGone_StayInForceAndCanBeChangedAfterwards()
    {
        await using var upstream = await ModelServer.StartAsync();
        await using var other = await ModelServer.StartAsync();
        await using var cluster = await SettingsCluster.StartAsync(SettingsCluster.Postgres, replicas: 2, upstream, other);
        await cluster.Clients[0].PutAsync(("FALLBACK_PROVIDERS", "Other"));
        await Eventually.IsTrue(
            async () => await ProviderAsync(cluster.Clients[1]) is "Other", Patience.Limit, "it is in force", TestContext.Current.CancellationToken);

        await cluster.Server.ShouldNotBeNull().StopAsync();

        (await ProviderAsync(cluster.Clients[0])).ShouldBe("Other");
        (await ProviderAsync(cluster.Clients[1])).ShouldBe("Other");
        (await cluster.Clients[1].SettingAsync("FALLBACK_PROVIDERS")).Value("value").ShouldBe("Other");
        using (var put = await cluster.Clients[0].TryPutAsync(("FALLBACK_PROVIDERS", "Custom")))
        {
            put.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            (await put.ErrorAsync()).Value("code").ShouldBe("database_unavailable");
        }

        (await ProviderAsync(cluster.Clients[0])).ShouldBe("Other");

        await cluster.Server.StartAgainAsync();
        await Eventually.IsTrue(
            async () =>
            {
                using var put = await cluster.Clients[0].TryPutAsync(("FALLBACK_PROVIDERS", "Custom"));
                return put.IsSuccessStatusCode;
            },
            Patience.Limit,
            "it can be changed again",
            TestContext.Current.CancellationToken);
        await Eventually.IsTrue(
            async () => await ProviderAsync(cluster.Clients[1]) is "Custom", Patience.Limit, "it is in force", TestContext.Current.CancellationToken);
    }

    private static async Task<string> ProviderAsync(HttpClient client)
    {
        using var response = await client.ChatAsync(ChatRequests.Body());
        return response.Header("x-freegpt4-provider");
    }
}
