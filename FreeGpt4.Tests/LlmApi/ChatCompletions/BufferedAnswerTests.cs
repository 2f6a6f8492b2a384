using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.ChatCompletions;

public sealed class BufferedAnswerTests
{
    [Fact]
    public async Task Answer_ThatIsComplete_ComesBackByteForByte()
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body());

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.ContentType().ShouldBe("application/json");
        (await response.TextAsync()).ShouldBe(BundleText("answer-complete.json"));
    }

    [Fact]
    public async Task Answer_ThatLacksRequiredMembers_GetsThemAndKeepsTheRest()
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-lean.json"));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body());

        var text = await response.TextAsync();
        text.ShouldContain("\"predicted_per_second\":41.20");
        var answer = JsonNode.Parse(text).ShouldNotBeNull();
        answer.Value("id").ShouldNotBeNull().ShouldStartWith("chatcmpl-");
        answer.Value("object").ShouldBe("chat.completion");
        long.Parse(answer.Value("created") ?? "", CultureInfo.InvariantCulture).ShouldBeGreaterThan(1_700_000_000);
        answer.Value("model").ShouldBe("llama3");
        var expected = JsonNode.Parse(
            """{"index":0,"logprobs":null,"finish_reason":"stop","message":{"role":"assistant","content":"lean","refusal":null}}""");
        JsonNode.DeepEquals(answer["choices"]?[0], expected).ShouldBeTrue(text);
    }

    [Fact]
    public async Task Answer_WithToolCallsAndNoReason_FinishesForTheTools()
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-tool-calls.json"));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body());

        var choice = (await response.JsonAsync())["choices"]?[0];
        choice.Value("finish_reason").ShouldBe("tool_calls");
        choice.Value("message", "content").ShouldBeNull();
        choice.Value("message", "tool_calls", 0, "function", "arguments").ShouldBe("{\"city\":\"Oslo\"}");
    }

    [Fact]
    public async Task Request_WithMembersWeDoNotKnow_ReachesTheUpstreamByteForByte()
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream, settings: [("CUSTOM_API_KEY", "sk-test-1")]);
        using var client = api.CreateClient();
        const string body = """
            { "messages": [
                {"role":"user","content":[{"type":"text","text":"Wie groß?"},{"type":"image_url","image_url":{"url":"data:,"}}]},
                {"role":"assistant","content":null,"tool_calls":[]}, {"role":"tool","tool_call_id":"x","content":"1"} ],
              "model": "any/model:free", "temperature": 0.70, "tools": [], "reasoning_effort": "low",
              "seed": 12345678901234567890, "new_thing": {"a":[1,2.0]} }
            """;

        using var response = await client.ChatAsync(body);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var sent = upstream.Chats.ShouldHaveSingleItem();
        sent.Body.ShouldBe(body);
        sent.Headers["Content-Type"].ShouldBe("application/json");
        sent.Headers["Authorization"].ShouldBe("Bearer sk-test-1");
    }

    [Fact]
    public async Task Request_WhileTelemetryIsExported_TellsTheUpstreamNoTraceId()
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream, settings: [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")]);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync("""{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}""");

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var sent = upstream.Chats.ShouldHaveSingleItem();
        sent.Headers.Keys.ShouldNotContain("traceparent");
        sent.Headers.Keys.ShouldNotContain("baggage");
    }

    [Fact]
    public async Task Request_WithAnotherModelName_ChangesNothingElse()
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream, settings: [("CUSTOM_MODELS", "meta/\"llama\", second")]);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync("""{"a":1.50,"model" : "gpt-4o","messages":[{"role":"user","content":"gpt-4o"}]}""");

        var sent = upstream.Chats.ShouldHaveSingleItem();
        sent.Body.ShouldBe("""{"a":1.50,"model" : "meta/\u0022llama\u0022","messages":[{"role":"user","content":"gpt-4o"}]}""");
        sent.Headers.Keys.ShouldNotContain("Authorization");
        response.Header("x-freegpt4-provider").ShouldBe("Custom");
        response.Header("x-freegpt4-model").ShouldBe("meta/\"llama\"");
        response.Header("x-freegpt4-fallbacks").ShouldBe("0");
    }

    [Fact]
    public async Task Model_WithCharactersThatNoHeaderTakes_IsEscapedInTheHeader()
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(model: "größe"));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Header("x-freegpt4-model").ShouldBe("gr%C3%B6%C3%9Fe");
        JsonNode.Parse(upstream.Chats.ShouldHaveSingleItem().Body).Value("model").ShouldBe("größe");
    }

    [Theory]
    [InlineData(400, 400)]
    [InlineData(404, 404)]
    [InlineData(413, 413)]
    [InlineData(422, 400)]
    public async Task Request_ThatTheUpstreamRejects_IsReturnedAndNotTriedElsewhere(int upstreamStatus, int status)
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(
            upstreamStatus, """{"error":{"message":"no such thing, key sk-test-1","code":1234,"param":"model","hint":{"x":1}},"user_id":"u"}"""));
        await using var api = new LlmApiFactory(upstream, demo: true, settings: [("CUSTOM_API_KEY", "sk-other")]);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body());

        ((int)response.StatusCode).ShouldBe(status);
        var error = await response.ErrorAsync();
        error.Value("message").ShouldBe("no such thing, key sk-test-1");
        error.Value("type").ShouldBe("invalid_request_error");
        error.Value("param").ShouldBe("model");
        error.Value("code").ShouldBe("1234");
        error.Value("hint", "x").ShouldBe("1");
        response.Header("x-freegpt4-provider").ShouldBe("Custom");
        upstream.Chats.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Rejection_ThatRepeatsOurKey_IsReturnedWithoutIt()
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(400, """{"error":{"message":"bad sk-test-1","debug":"sk-test-1"}}"""));
        await using var api = new LlmApiFactory(upstream, settings: [("CUSTOM_API_KEY", "sk-test-1")]);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body());

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.TextAsync()).ShouldNotContain("sk-test-1");
    }
}
