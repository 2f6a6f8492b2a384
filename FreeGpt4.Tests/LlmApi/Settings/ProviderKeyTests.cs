using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.LlmApi.Settings;

/// <summary><c>/api/settings/providers/{name}/keys</c>: one key more or less, of those that nobody is shown.</summary>
public sealed class ProviderKeyTests
{
    private const string First = "sk-first-nobody-may-see-1111";
    private const string Second = "sk-second-nobody-may-see-2222";

    [Fact]
    public async Task Key_IsAddedToThoseOfTheEnvironment_AndTakenAway()
    {
        await using var upstream = await ModelServer.StartAsync();
        await using var cluster = await SettingsCluster.StartAsync(upstream: upstream, settings: ("CUSTOM_API_KEY", First));
        var client = cluster.Clients[0];

        (await AddAsync(client, Second)).ShouldBe(HttpStatusCode.OK);
        (await HintsAsync(client)).ShouldBe(["…1111", "…2222"]);
        (await AddAsync(client, Second)).ShouldBe(HttpStatusCode.Conflict);
        (await AddAsync(client, "a,b")).ShouldBe(HttpStatusCode.BadRequest);
        (await AddAsync(client, "with a space\n")).ShouldBe(HttpStatusCode.BadRequest);
        (await DeleteAsync(client, 0, "…2222")).ShouldBe(HttpStatusCode.NotFound);
        (await DeleteAsync(client, 7, "…2222")).ShouldBe(HttpStatusCode.NotFound);
        (await DeleteAsync(client, 1, "…2222")).ShouldBe(HttpStatusCode.OK);
        (await HintsAsync(client)).ShouldBe(["…1111"]);

        // What the environment has does not come back by itself.
        (await DeleteAsync(client, 0, "…1111")).ShouldBe(HttpStatusCode.OK);
        (await HintsAsync(client)).ShouldBeEmpty();
        await client.PutAsync(("CUSTOM_API_KEY", null));
        (await HintsAsync(client)).ShouldBe(["…1111"]);
    }

    [Fact]
    public async Task Keys_AddedAtOnce_AreAllThere()
    {
        await using var upstream = await ModelServer.StartAsync();
        await using var cluster = await SettingsCluster.StartAsync(upstream: upstream, replicas: 2);
        var keys = Enumerable.Range(1000, 8).Select(number => $"sk-of-many-nobody-may-see-{number}").ToList();

        var statuses = await Task.WhenAll(keys.Select((key, index) => AddAsync(cluster.Clients[index % 2], key)));

        statuses.ShouldAllBe(status => status == HttpStatusCode.OK);
        await Eventually.IsTrue(
            async () => (await HintsAsync(cluster.Clients[0])).Order().SequenceEqual(keys.Select(key => $"…{key[^4..]}")),
            Patience.Limit,
            "all keys are there",
            TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Key_OfNobody_IsNotFound()
    {
        await using var cluster = await SettingsCluster.StartAsync();

        (await AddAsync(cluster.Clients[0], First, "nobody")).ShouldBe(HttpStatusCode.NotFound);
        (await AddAsync(cluster.Clients[0], First, "demo")).ShouldBe(HttpStatusCode.NotFound);
    }

    private static async Task<HttpStatusCode> AddAsync(HttpClient client, string key, string provider = "custom")
    {
        using var response = await client.PostAsJsonAsync(
            new Uri($"/api/settings/providers/{provider}/keys", UriKind.Relative), new JsonObject { ["key"] = key }, TestContext.Current.CancellationToken);
        (await response.TextAsync()).ShouldNotContain("nobody-may-see");
        return response.StatusCode;
    }

    private static async Task<HttpStatusCode> DeleteAsync(HttpClient client, int position, string ends)
    {
        using var response = await client.DeleteAsync(
            new Uri($"/api/settings/providers/custom/keys/{position}?ends={Uri.EscapeDataString(ends)}", UriKind.Relative), TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    private static async Task<List<string>> HintsAsync(HttpClient client) =>
        [.. (await client.SettingAsync("CUSTOM_API_KEY"))["secret"]!["hints"]!.AsArray().Select(hint => (string)hint!)];
}
