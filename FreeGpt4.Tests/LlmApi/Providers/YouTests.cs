using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Providers;

/// <summary>You.com's documented exchanges, replayed.</summary>
public sealed class YouTests
{
    private const string Agent = """
        {"agent":"express","input":[{"role":"user","content":"hi"}],"output":[
          {"type":"web_search.results","content":[{"source_type":"web_search","citation_uri":"https://a.example/1","title":"A","snippet":"s","url":"https://a.example/1","thumbnail_url":""}]},
          {"type":"message.answer","text":"Hello."}]}
        """;

    private const string OlderAgent = """{"output":[{"type":"chat_node.answer","text":"Hello."}]}""";

    private const string ResearchReply = """
        {"output":{"content":"Hello.","content_type":"text","sources":[{"url":"https://a.example/1","title":"A","snippets":["s"]}]}}
        """;

    private const string Events = """
        event: response.created
        data: {"seq_id":0,"type":"response.created"}

        event: response.starting
        data: {"seq_id":1,"type":"response.starting"}

        event: response.output_item.added
        data: {"seq_id":2,"type":"response.output_item.added","response":{"output_index":0,"type":"web_search.results","full":[{"title":"A","url":"https://a.example/1"}]}}

        event: response.output_text.delta
        data: {"seq_id":3,"type":"response.output_text.delta","response":{"output_index":1,"type":"message.answer","delta":"Hel"}}

        event: response.output_text.delta
        data: {"seq_id":4,"type":"response.output_text.delta","response":{"output_index":1,"type":"message.answer","delta":"lo."}}

        event: response.done
        data: {"seq_id":5,"type":"response.done","response":{"run_time_ms":"100.0","finished":true}}


        """;

    [Theory]
    [InlineData("auto", false, Agent, "express", "Hello.")]
    [InlineData("you/express", false, OlderAgent, "express", "Hello.")]
    [InlineData("gpt-4o", true, Events, "express", "Hello.")]
    public async Task Agent_AnswersTheChatAsOneText(string model, bool stream, string reply, string agent, string answer)
    {
        await using var you = await UpstreamServer.StartAsync(Body(stream ? "text/event-stream" : "application/json", Encoding.UTF8.GetBytes(reply)));
        await using var api = Api(you);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync($$"""
            {"model":"{{model}}","stream":{{(stream ? "true" : "false")}},
             "messages":[{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"hi"}]}]}
            """);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Header("x-freegpt4-provider").ShouldBe("You");
        (await AnswerAsync(response, stream)).ShouldBe(answer);
        var asked = you.Requests.ShouldHaveSingleItem();
        asked.Path.ShouldBe("/v1/agents/runs");
        asked.Headers["Authorization"].ShouldBe("Bearer ydc-1");
        var body = JsonNode.Parse(asked.Body);
        (body.Value("agent"), body.Value("input"), body.Value("stream")).ShouldBe((agent, "Instructions: Be brief.\n\nUser: hi", stream ? "true" : "false"));
        body.Value("tools", 0, "type").ShouldBe("web_search");
    }

    [Theory]
    [InlineData("research", "standard", false)]
    [InlineData("research-lite", "lite", false)]
    [InlineData("you/research-deep", "deep", true)]
    public async Task Research_IsAModelOfItsOwn(string model, string effort, bool stream)
    {
        await using var you = await UpstreamServer.StartAsync(Status(200, ResearchReply));
        await using var api = Api(you);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(stream, model));

        (await AnswerAsync(response, stream)).ShouldBe("Hello.");
        var asked = you.Requests.ShouldHaveSingleItem();
        asked.Path.ShouldBe("/v1/research");
        asked.Headers["X-API-Key"].ShouldBe("ydc-1");
        asked.Headers.ShouldNotContainKey("Authorization");
        var body = JsonNode.Parse(asked.Body);
        (body.Value("input"), body.Value("research_effort")).ShouldBe((ChatRequests.Prompt, effort));
    }

    [Theory]
    [InlineData("express", false)]
    [InlineData("express", true)]
    [InlineData("research", false)]
    [InlineData("research", true)]
    public async Task Sources_AreKeptWhenAskedFor(string model, bool stream)
    {
        await using var you = await UpstreamServer.StartAsync(context => Reply(context, stream)(context));
        await using var api = Api(you, ("REMOVE_SOURCES", "false"));
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(stream, model));

        (await AnswerAsync(response, stream)).ShouldBe("Hello.\n\nSources:\n1. [A](https://a.example/1)");
    }

    [Theory]
    [InlineData(400, 400, "invalid_request_error")]
    [InlineData(422, 400, "invalid_request_error")]
    [InlineData(401, 503, "server_error")]
    [InlineData(403, 503, "server_error")]
    [InlineData(429, 429, "rate_limit_error")]
    [InlineData(500, 503, "server_error")]
    public async Task Error_OfYou_HasItsClass(int upstream, int status, string type)
    {
        await using var you = await UpstreamServer.StartAsync(Status(upstream, """{"detail":"no"}"""));
        await using var api = Api(you);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body());

        ((int)response.StatusCode).ShouldBe(status);
        (await response.ErrorAsync()).Value("type").ShouldBe(type);
        you.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("{}", false)]
    [InlineData("""{"output":[]}""", false)]
    [InlineData("<html>", false)]
    [InlineData("data: {\"type\":\"response.created\"}\n\n", true)]
    [InlineData("data: {\"type\":\"response.done\"}\n\n", true)]
    [InlineData("data: {\"type\":\"error\"}\n\n", true)]
    public async Task Reply_WithoutAnAnswer_IsAFailure(string reply, bool stream)
    {
        await using var you = await UpstreamServer.StartAsync(Body(stream ? "text/event-stream" : "application/json", Encoding.UTF8.GetBytes(reply)));
        await using var api = Api(you);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(stream));

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await response.ErrorAsync()).Value("message").ShouldNotBeNull().ShouldStartWith("No provider could answer.\nYou ");
    }

    [Fact]
    public async Task Stream_ThatBreaksOff_EndsInAnErrorEvent()
    {
        var events = Events[..Events.IndexOf("event: response.done", StringComparison.Ordinal)];
        await using var you = await UpstreamServer.StartAsync(Body("text/event-stream", Encoding.UTF8.GetBytes(events)));
        await using var api = Api(you);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(stream: true));

        var text = await response.TextAsync();
        text.ShouldContain("\"error\":{");
        text.ShouldNotContain("[DONE]");
    }

    private static LlmApiFactory Api(UpstreamServer you, params (string Name, string Value)[] settings) => new(
        settings: [("FALLBACK_PROVIDERS", "You"), ("YOU_API_KEY", "ydc-1"), ("YOU_BASE_URL", you.BaseUrl), .. settings]);

    private static RequestDelegate Reply(HttpContext context, bool stream) => context.Request.Path == "/v1/research"
        ? Status(200, ResearchReply)
        : Body(stream ? "text/event-stream" : "application/json", Encoding.UTF8.GetBytes(stream ? Events : Agent));

    private static async Task<string> AnswerAsync(HttpResponseMessage response, bool stream) => stream
        ? string.Concat(ChatRequests.Frames(await response.TextAsync()).Select(frame => frame.Value("choices", 0, "delta", "content")))
        : (await response.JsonAsync()).Value("choices", 0, "message", "content").ShouldNotBeNull();
}
