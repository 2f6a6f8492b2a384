using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Containers;

/// <summary>What a cluster in containers keeps.</summary>
[Collection(ComposeCluster.Name)]
public sealed class ComposeStateTests(ComposeCluster cluster)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stack_StartedAgain_HasItsSettingsUsersAndLogs()
    {
        await cluster.RequireAsync();
        using (var client = await AdminAsync())
        {
            (await client.PutAsJsonAsync("/api/settings", new { SYSTEM_PROMPT = "kept" }, Cancelled)).EnsureSuccessStatusCode();
            (await client.PostAsJsonAsync("/api/users", new { name = "laptop" }, Cancelled)).EnsureSuccessStatusCode();
        }

        var logs = await LogsAsync("llm-api", "/var/log/freegpt4");

        await cluster.ComposeAsync("down");
        await cluster.ScaleAsync(2);

        using (var client = await AdminAsync())
        {
            (await client.GetStringAsync("/api/settings", Cancelled)).ShouldContain("\"kept\"");
            (await client.GetStringAsync("/api/users", Cancelled)).ShouldContain("\"laptop\"");
            (await client.PutAsJsonAsync("/api/settings", new { SYSTEM_PROMPT = (string?)null }, Cancelled)).EnsureSuccessStatusCode();
        }

        (await LogsAsync("llm-api", "/var/log/freegpt4")).Intersect(logs).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task LogFiles_ThatAreFull_AreRotated()
    {
        await cluster.RequireAsync();
        await using (var load = OpenLoad.Start(cluster.Url, perSecond: 60))
        {
            await load.MoreAsync(500);
        }

        await Eventually.IsTrue(
            async () => (await LogsAsync("nginx", "/var/log/edge")).Contains("access.log.1")
                && (await LogsAsync("llm-api", "/var/log/freegpt4")).Any(name => name.EndsWith(".log.1", StringComparison.Ordinal)),
            Patience.Limit, "the edge and a replica have a second file", Cancelled);
    }

    [Fact]
    public async Task Postgres_WhenAskedFor_HasTheState()
    {
        await cluster.RequireAsync();

        await cluster.ScaleAsync(2, ("COMPOSE_PROFILES", "postgres"), ("POSTGRES_PASSWORD", "with ; and = and ' in it"));
        try
        {
            using var client = cluster.Client();
            var status = JsonNode.Parse(await client.GetStringAsync("/status", Cancelled))!;
            status["state"]!["engine"]!.ToString().ShouldBe("postgres");
            status["state"]!["answers"]!.GetValue<bool>().ShouldBeTrue();
            (await client.GetStringAsync("/?text=hi", Cancelled)).ShouldContain("hi");

            var postgres = await cluster.InspectAsync((await cluster.ContainersAsync("postgres")).ShouldHaveSingleItem());
            postgres["NetworkSettings"]!["Networks"]!.AsObject().ShouldHaveSingleItem().Key.ShouldBe($"{cluster.Project}_internal");
            postgres["HostConfig"]!["PortBindings"]!.AsObject().ShouldBeEmpty();
        }
        finally
        {
            await cluster.ComposeAsync("--profile postgres rm --stop --force --volumes postgres");
        }
    }

    private async Task<HttpClient> AdminAsync()
    {
        var client = cluster.Client();
        using var login = await client.PostAsJsonAsync("/api/login", new { username = "admin", password = ComposeCluster.AdminPassword }, Cancelled);
        login.EnsureSuccessStatusCode();
        var session = await login.Content.ReadFromJsonAsync<JsonObject>(Cancelled);
        client.DefaultRequestHeaders.Add("x-antiforgery-token", session!["antiforgeryToken"]!.GetValue<string>());
        return client;
    }

    private async Task<string[]> LogsAsync(string service, string folder) =>
        (await cluster.ComposeAsync($"exec -T {service} ls {folder}")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
