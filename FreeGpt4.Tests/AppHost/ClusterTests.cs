using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.AppHost;

/// <summary>What a user sees of a cluster that was started without any key: every request goes through the edge.</summary>
[Collection(ClusterFixture.Name)]
public sealed class ClusterTests(ClusterFixture cluster)
{
    private const string Replica = "x-freegpt4-replica";


    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Chat_Streamed_EndsWithDone()
    {
        using var client = Client();

        using var response = await client.PostAsJsonAsync(
            "/v1/chat/completions", new { model = "gpt-4o", stream = true, messages = new[] { new { role = "user", content = "hi" } } }, Cancelled);

        response.StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        var body = await response.Content.ReadAsStringAsync(Cancelled);
        body.ShouldStartWith("data: {");
        body.TrimEnd().ShouldEndWith("data: [DONE]");
        response.Headers.GetValues("x-freegpt4-provider").ShouldBe(["Demo"]);
    }

    [Fact]
    public async Task Text_FromTheDemo_SaysThatItIsOne()
    {
        using var client = Client();

        using var response = await client.GetAsync("/?text=hi", Cancelled);

        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain");
        (await response.Content.ReadAsStringAsync(Cancelled)).ShouldContain("demo", Case.Insensitive);
    }

    [Fact]
    public async Task Requests_OnNewConnections_ReachEveryReplica()
    {
        var replicas = await ReplicasAnswering(cluster.EdgeUrl, requests: 60);

        replicas.Count.ShouldBe(2);
    }

    [Fact]
    public async Task UnknownRoute_IsAnEnvelope()
    {
        using var client = Client();

        using var response = await client.GetAsync("/v1/nothing-here", Cancelled);

        response.StatusCode.ShouldBe(System.Net.HttpStatusCode.NotFound);
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancelled))!["error"]!.AsObject();
        error.Select(member => member.Key).ShouldBe(["message", "type", "param", "code"], ignoreOrder: true);
        response.Headers.GetValues("x-request-id").Single().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Telemetry_OfEdgeAndEveryReplica_IsInTheDashboard()
    {
        var expected = await ReplicasAnswering(cluster.EdgeUrl, requests: 60);
        var login = await cluster.AppHost.DashboardLogin;
        using var dashboard = new HttpClient { BaseAddress = new Uri(login, "/") };
        dashboard.DefaultRequestHeaders.Add("X-API-Key", AppHostProcess.DashboardApiKey);

        await Eventually.IsTrue(
            async () =>
            {
                var senders = JsonNode.Parse(await dashboard.GetStringAsync("/api/telemetry/resources", Cancelled))!.AsArray()
                    .Where(sender => SendsEverything(sender!)).ToArray();
                return senders.Any(sender => (string?)sender!["name"] == "proxy")
                    && expected.IsSubsetOf(senders.Select(sender => (string)sender!["instanceId"]!));
            },
            Patience.Limit,
            "traces, metrics and logs of the edge and of both replicas in the dashboard",
            Cancelled);

        static bool SendsEverything(JsonNode sender) => (bool)sender["hasTraces"]! && (bool)sender["hasMetrics"]! && (bool)sender["hasLogs"]!;
    }

    /// <summary>The replicas that answered, each request on a connection of its own.</summary>
    internal static async Task<IReadOnlySet<string>> ReplicasAnswering(Uri edge, int requests)
    {
        var replicas = new HashSet<string>();
        for (var request = 0; request < requests; request++)
        {
            using var client = new HttpClient { BaseAddress = edge };
            using var response = await client.GetAsync("/v1/models", Cancelled);
            response.EnsureSuccessStatusCode();
            replicas.Add(response.Headers.GetValues(Replica).Single());
        }

        return replicas;
    }

    private HttpClient Client() => new() { BaseAddress = cluster.EdgeUrl };
}
