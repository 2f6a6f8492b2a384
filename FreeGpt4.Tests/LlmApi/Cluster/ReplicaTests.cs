using System.Net;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.LlmApi.Cluster;

/// <summary>What the status page says of the replicas, and of what they share.</summary>
public sealed class ReplicaTests
{
    [Theory(Timeout = Patience.OfTest)]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Replicas_ThatComeAndGo_AreInTheStatus(string engine)
    {
        await using var database = await SharedDatabase.StartAsync(engine);
        await using var a = new LlmApiFactory(demo: true, settings: database.Settings("a"));
        using var client = a.CreateClient();
        await using (var b = new LlmApiFactory(demo: true, settings: database.Settings("b")))
        {
            using var other = b.CreateClient();
            await Eventually.IsTrue(async () => await IdsAsync(client) is "a,b" && await IdsAsync(other) is "a,b", Patience.Limit, "both are seen", TestContext.Current.CancellationToken);
            var status = (await StatusAsync(client))["replicas"]![1];
            (status.Value("id"), status.Value("health")).ShouldBe(("b", "Healthy"));
            status.Value("version").ShouldNotBeNullOrEmpty();
            status!["memory"]!.GetValue<long>().ShouldBeGreaterThan(1 << 20);
            status["uptimeSeconds"]!.GetValue<long>().ShouldBeInRange(0, 600);
        }

        await Eventually.IsTrue(async () => await IdsAsync(client) is "a", Patience.Limit, "one has gone", TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Replica_ThatWasNotHeardOfForLong_IsNone()
    {
        await using var database = await SharedDatabase.StartAsync("sqlite");
        await database.ReadAsync(async context =>
        {
            context.Replicas.Add(new() { Id = "dead", Version = "1", Health = "Healthy", SeenAt = DateTimeOffset.UtcNow.AddSeconds(-21) });
            context.Replicas.Add(new() { Id = "long-dead", Version = "1", Health = "Healthy", SeenAt = DateTimeOffset.UtcNow.AddHours(-1) });
            context.Notes.Add(new() { Name = "usage/long-dead", Value = "x" });
            return await context.SaveChangesAsync(TestContext.Current.CancellationToken);
        });
        await using var api = new LlmApiFactory(demo: true, settings: database.Settings("a"));
        using var client = api.CreateClient();

        (await IdsAsync(client)).ShouldBe("a");
        (await database.ReadAsync(context => Task.FromResult((context.Replicas.Count(), context.Notes.Count(note => note.Name.StartsWith("usage/")))))).ShouldBe((2, 0));
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Database_ThatIsGone_IsAWarning_AndReadinessStays()
    {
        await using var database = await SharedDatabase.StartAsync("postgres");
        await using var api = new LlmApiFactory(demo: true, settings: database.Settings("a"));
        using var client = api.CreateClient();
        var state = (await StatusAsync(client))["state"];
        (state.Value("engine"), state.Value("answers"), state.Value("lostSince"), state.Value("warning")).ShouldBe(("postgres", "true", null, null));

        await database.Server!.StopAsync();
        await Eventually.IsTrue(async () => (await StatusAsync(client))["state"].Value("answers") is "false", Patience.Limit, "it is missed", TestContext.Current.CancellationToken);

        state = (await StatusAsync(client))["state"];
        state.Value("lostSince").ShouldNotBeNull();
        state.Value("warning").ShouldNotBeNull().ShouldContain("does not answer");
        (await StatusAsync(client)).ToJsonString().ShouldNotContain(PostgresServer.Password);
        (await StatusAsync(client)).ToJsonString().ShouldNotContain("127.0.0.1");
        using var ready = await client.GetAsync(new Uri("/health", UriKind.Relative), TestContext.Current.CancellationToken);
        ready.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var chat = await client.ChatAsync(ChatRequests.Body());
        chat.StatusCode.ShouldBe(HttpStatusCode.OK);

        await database.Server.StartAgainAsync();
        await Eventually.IsTrue(async () => (await StatusAsync(client))["state"].Value("answers") is "true", Patience.Limit, "it is back", TestContext.Current.CancellationToken);
    }

    private static async Task<string> IdsAsync(HttpClient client) =>
        string.Join(',', (await StatusAsync(client))["replicas"]!.AsArray().Select(replica => replica.Value("id")));

    private static async Task<JsonNode> StatusAsync(HttpClient client)
    {
        using var response = await client.GetAsync(new Uri("/status", UriKind.Relative), TestContext.Current.CancellationToken);
        return await response.JsonAsync();
    }
}
