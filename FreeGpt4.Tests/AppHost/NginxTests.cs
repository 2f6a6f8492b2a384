using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Proxy;

namespace FreeGpt4.Tests.AppHost;

/// <summary>A cluster whose edge is nginx, because there is one on the PATH.</summary>
public sealed class NginxTests(NginxClusterFixture cluster) : IClassFixture<NginxClusterFixture>
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Chat_Whole_IsAnsweredThroughNginx()
    {
        using var client = await ClientAsync();

        using var response = await client.PostAsJsonAsync("/v1/chat/completions", Chat(stream: false), Cancelled);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.Server.ToString().ShouldBe("nginx");
        response.Headers.GetValues("x-freegpt4-provider").ShouldBe(["Demo"]);
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancelled))!;
        ((string)answer["choices"]![0]!["message"]!["content"]!).ShouldContain("demo", Case.Insensitive);
    }

    [Fact]
    public async Task Chat_Streamed_EndsWithDone()
    {
        using var client = await ClientAsync();

        using var response = await client.PostAsJsonAsync("/v1/chat/completions", Chat(stream: true), Cancelled);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        var body = await response.Content.ReadAsStringAsync(Cancelled);
        body.ShouldStartWith("data: {");
        body.TrimEnd().ShouldEndWith("data: [DONE]");
    }

    [Fact]
    public async Task Requests_OnOneConnection_ReachEveryReplica()
    {
        using var client = await ClientAsync();
        var replicas = new HashSet<string>();

        for (var request = 0; request < 60; request++)
        {
            using var response = await client.GetAsync("/v1/models", Cancelled);
            replicas.Add(response.Headers.GetValues("x-freegpt4-replica").Single());
        }

        replicas.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Error_OfReplica_HasOneRequestId()
    {
        using var client = await ClientAsync();
        client.DefaultRequestHeaders.Add("x-request-id", "mine");

        using var response = await client.GetAsync("/v1/nothing-here", Cancelled);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        response.Headers.GetValues("x-request-id").ShouldBe(["mine"]);
        response.Headers.Contains("x-freegpt4-replica").ShouldBeTrue();
    }

    [Fact]
    public async Task Setting_OfTheEdge_IsNginxs()
    {
        using var client = await ClientAsync();

        using var response = await client.PostAsync("/v1/chat/completions", new ByteArrayContent(new byte[(64 << 10) + 1]), Cancelled);

        var message = await response.ShouldBeErrorAsync(HttpStatusCode.RequestEntityTooLarge, "invalid_request_error", "request_too_large");
        message.ShouldContain("65536");
    }

    [Fact]
    public async Task Address_Printed_IsTheEdges()
    {
        var appHost = await cluster.AppHostAsync();

        appHost.Output.ShouldContain($"FreeGpt4 is ready: http://localhost:{appHost.EdgePort}");
    }

    private static object Chat(bool stream) => new { model = "gpt-4o", stream, messages = new[] { new { role = "user", content = "hi" } } };

    private async Task<HttpClient> ClientAsync() => new() { BaseAddress = (await cluster.AppHostAsync()).EdgeUrl };
}
