using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.LlmApi.Settings;

/// <summary>A setting that is changed at one replica is in force there at once, and at the others within a second.</summary>
public sealed class ClusterSettingsTests
{
    private const string Key = "sk-of-the-cluster-0001";

    [Theory]
    [InlineData(SettingsCluster.Sqlite)]
    [InlineData(SettingsCluster.Postgres)]
    public async Task Change_AtOneReplica_IsInForceAtTheOther(string engine)
    {
        await using var custom = await ModelServer.StartAsync();
        await using var other = await ModelServer.StartAsync();
        await using var proxy = await ModelServer.StartAsync();
        await using var cluster = await SettingsCluster.StartAsync(engine, replicas: 2, custom, other);
        (await ProviderAsync(cluster.Clients[1])).ShouldBe("Custom");

        await ChangeAsync(cluster, "chain", async client => await ProviderAsync(client) is "Other", ("FALLBACK_PROVIDERS", "Other,Custom"));
        await ChangeAsync(cluster, "provider", async client => await ProviderAsync(client) is "Custom", ("PROVIDER", "Custom"));
        await ChangeAsync(cluster, "key", client => SendsAsync(client, custom, request => request.Headers.GetValueOrDefault("Authorization") == $"Bearer {Key}"), ("CUSTOM_API_KEY", Key));
        await ChangeAsync(cluster, "aliases", async client => await ProviderAsync(client, "fast") is "Other", ("MODEL_ALIASES", "fast=other/tiny-1"));
        await ChangeAsync(cluster, "model", async client => await ProviderAsync(client, "auto") is "Other", ("MODEL", "fast"));
        await ChangeAsync(cluster, "system prompt", client => SendsAsync(client, other, request => request.Body.Contains("Be brief.", StringComparison.Ordinal), "/?text=hi"), ("SYSTEM_PROMPT", "Be brief."));
        await ChangeAsync(cluster, "keyword", async client => (await StatusAsync(client, "/?q=hi"), await StatusAsync(client, "/?text=hi")) is (HttpStatusCode.OK, HttpStatusCode.BadRequest), ("KEYWORD", "q"));
        await ChangeAsync(
            cluster,
            "proxies",
            client => SendsAsync(client, proxy, request => request.Headers["Host"] == "upstream.test"),
            ("PROXIES", new Uri(proxy.BaseUrl).GetLeftPart(UriPartial.Authority)),
            ("CUSTOM_BASE_URL", "http://upstream.test/v1"));
        await ChangeAsync(cluster, "limit of time", async client => (await client.SettingAsync("FALLBACK_TIMEOUT")).Value("value") is "30s", ("FALLBACK_TIMEOUT", "30s"));
    }

    /// <summary>At the first it has to be in force when the reply is there, at the second sooner or later; how late is written.</summary>
    private static async Task ChangeAsync(
        SettingsCluster cluster, string what, Func<HttpClient, Task<bool>> isInForce, params (string Name, JsonNode? Value)[] settings)
    {
        (await isInForce(cluster.Clients[1])).ShouldBeFalse(what);
        await cluster.Clients[0].PutAsync(settings);
        var changed = Stopwatch.StartNew();
        var atOther = Eventually.IsTrue(() => isInForce(cluster.Clients[1]), Patience.Limit, what, TestContext.Current.CancellationToken);
        (await isInForce(cluster.Clients[0])).ShouldBeTrue(what);
        await atOther;
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: in force at the other replica after {changed.ElapsedMilliseconds} ms");
    }

    private static async Task<string> ProviderAsync(HttpClient client, string model = "gpt-4o")
    {
        using var response = await client.ChatAsync(ChatRequests.Body(model: model));
        return response.Header("x-freegpt4-provider");
    }

    private static async Task<bool> SendsAsync(HttpClient client, UpstreamServer upstream, Func<UpstreamRequest, bool> isIt, string? path = null)
    {
        var before = upstream.Chats.Count;
        using var response = path is null
            ? await client.ChatAsync(ChatRequests.Body())
            : await client.GetAsync(path, TestContext.Current.CancellationToken);
        return upstream.Chats.Skip(before).Any(isIt);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }
}
