using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Messages;

public sealed class MessageStreamTests
{
    [Fact]
    public async Task Stream_IsTheEventsOfAMessageInTheirOrder()
    {
        var events = MessageRequests.Events(await StreamAsync(Events("stream-usage.sse")));

        events.Select(e => e.Value("type")).ShouldBe(
        [
            "message_start", "content_block_start", "content_block_delta", "content_block_delta", "content_block_delta", "content_block_delta",
            "content_block_stop", "message_delta", "message_stop",
        ]);
        var message = events[0]["message"].ShouldNotBeNull();
        message.Value("id").ShouldNotBeNull().ShouldStartWith("msg_");
        message.Value("model").ShouldBe("gpt-4o-2024-08-06");
        message.Value("content").ShouldBe("[]");
        message.Value("stop_reason").ShouldBeNull();
        message.Value("usage").ShouldBe("""{"input_tokens":0,"output_tokens":0}""");
        events[^2].Value("delta").ShouldBe("""{"stop_reason":"end_turn","stop_sequence":null}""");
        events[^2].Value("usage").ShouldBe("""{"input_tokens":9,"output_tokens":4}""");
        MessageRequests.Blocks(events).ShouldHaveSingleItem().Value("text").ShouldBe("Grüße, 世界 🚀");
    }

    [Fact]
    public async Task Stream_WithOneCall_IsPassedOnAsItComes()
    {
        var events = MessageRequests.Events(await StreamAsync(Events("stream-tool-calls.sse")));

        events.Count(e => e.Value("type") == "content_block_delta").ShouldBe(2);
        events[^2].Value("delta", "stop_reason").ShouldBe("tool_use");
        Calls(events).ShouldBe([("call_a1", "get_weather", """{"city":"Oslo"}""")]);
    }

    /// <summary>Servers number parallel calls, or give all the same number, or none; mix their pieces; or say more after them.</summary>
    [Theory]
    [InlineData(
        """{"content":"Hm. "}""",
        """{"tool_calls":[{"index":0,"id":"a","function":{"name":"look","arguments":""}}]}""",
        """{"tool_calls":[{"index":1,"id":"b","function":{"name":"go","arguments":"{\"x"}},{"index":0,"function":{"arguments":"{\"q\":"}}]}""",
        """{"tool_calls":[{"index":1,"function":{"arguments":"\":2}"}}]}""",
        """{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}""")]
    [InlineData(
        """{"content":"Hm. "}""",
        """{"tool_calls":[{"index":0,"id":"a","function":{"name":"look","arguments":"{\"q\":1}"}}]}""",
        """{"tool_calls":[{"index":0,"id":"b","function":{"name":"go","arguments":"{\"x\":2}"}}]}""")]
    [InlineData(
        """{"content":"Hm. ","tool_calls":[{"id":"a","function":{"name":"look","arguments":{"q":1}}},{"id":"b","function":{"name":"go","arguments":{"x":2}}}]}""")]
    [InlineData(
        """{"content":"Hm. "}""",
        """{"tool_calls":[{"index":0,"id":"a","function":{"arguments":"{"}}]}""",
        """{"tool_calls":[{"index":0,"id":"a","function":{"name":"look","arguments":"\"q\":"}}]}""",
        """{"tool_calls":[{"index":0,"id":"a","function":{"name":"look","arguments":"1}"}}]}""",
        """{"tool_calls":[{"index":1,"id":"b","function":{"name":"go"}},{"index":1,"function":{"arguments":"{\"x\":2}"}}]}""")]
    public async Task Calls_InWhateverPieces_AreBlocksOneAfterAnother(params string[] deltas)
    {
        var events = MessageRequests.Events(await StreamAsync(Chunks("stop", deltas)));

        Calls(events).ShouldBe([("a", "look", """{"q":1}"""), ("b", "go", """{"x":2}""")]);
        MessageRequests.Blocks(events)[0].Value("text").ShouldBe("Hm. ");
        events[^2].Value("delta", "stop_reason").ShouldBe("tool_use");
    }

    [Fact]
    public async Task Text_AfterACall_IsABlockAfterIt()
    {
        var events = MessageRequests.Events(await StreamAsync(Chunks(
            "tool_calls",
            """{"tool_calls":[{"index":0,"id":"a","function":{"name":"look","arguments":"{"}}]}""",
            """{"content":"One "}""",
            """{"content":"moment."}""",
            """{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]}""")));

        var blocks = MessageRequests.Blocks(events);
        blocks.Select(block => block.Value("type")).ShouldBe(["tool_use", "text"]);
        blocks[0].Value("partial_json").ShouldBe("{}");
        blocks[1].Value("text").ShouldBe("One moment.");
    }

    [Theory]
    [InlineData(true, """[{"type":"thinking","thinking":"Hm. Ah.","signature":""},{"type":"text","text":"Hi"}]""")]
    [InlineData(false, """[{"type":"text","text":"Hi"}]""")]
    public async Task Thinking_IsABlockBeforeTheText_ForWhomAskedForIt(bool asked, string expected)
    {
        var events = MessageRequests.Events(await StreamAsync(
            Chunks("stop", """{"reasoning_content":"Hm. "}""", """{"reasoning_content":"Ah."}""", """{"content":"Hi"}"""),
            asked ? ",\"thinking\":{\"type\":\"adaptive\"}" : ""));

        Blocks(events).ShouldBe(expected);
    }

    [Theory]
    [InlineData("length", """{"content":"Hi"}""", "max_tokens")]
    [InlineData("content_filter", """{"content":"Hi"}""", "refusal")]
    [InlineData("stop", """{"refusal":"Hi"}""", "refusal")]
    [InlineData("eos", """{"content":"Hi"}""", "end_turn")]
    public async Task FinishReason_HasItsCounterpart(string finish, string delta, string expected)
    {
        var events = MessageRequests.Events(await StreamAsync(Chunks(finish, delta)));

        events[^2].Value("delta", "stop_reason").ShouldBe(expected);
        Blocks(events).ShouldBe("""[{"type":"text","text":"Hi"}]""");
    }

    [Fact]
    public async Task StopSequence_IsNamed_WhenTheUpstreamTellsIt()
    {
        var stream = """data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop","stop_reason":"END"}]}""";

        var events = MessageRequests.Events(
            await StreamAsync(Body("text/event-stream", Encoding.UTF8.GetBytes($"{stream}\n\ndata: [DONE]\n\n")), ",\"stop_sequences\":[\"END\"]"));

        events[^2].Value("delta").ShouldBe("""{"stop_reason":"stop_sequence","stop_sequence":"END"}""");
    }

    [Theory]
    [InlineData("stream-cut.sse")]
    [InlineData("stream-error-inside.sse")]
    public async Task Stream_ThatBreaksOff_EndsInAnErrorAndNotInAStop(string bundle)
    {
        var text = await StreamAsync(Events(bundle));

        var events = MessageRequests.Events(text);
        events[0].Value("type").ShouldBe("message_start");
        events.ShouldNotContain(e => e.Value("type") == "message_delta" || e.Value("type") == "message_stop");
        events[^1].AsObject().Select(member => member.Key).ShouldBe(["type", "error", "request_id"]);
        events[^1].Value("error", "type").ShouldBe("api_error");
        text.ShouldNotContain("secret-host");
    }

    [Fact]
    public async Task Call_WithoutAName_EndsInAnError()
    {
        var events = MessageRequests.Events(
            await StreamAsync(Chunks("tool_calls", """{"tool_calls":[{"index":0,"id":"a","function":{"arguments":"{}"}}]}""")));

        events.Select(e => e.Value("type")).ShouldBe(["message_start", "error"]);
        events[1].Value("error", "message").ShouldNotBeNull().ShouldContain("without saying which");
    }

    [Fact]
    public async Task Fallback_LeavesOneMessageStart()
    {
        await using var upstream = await UpstreamServer.StartAsync(Events("stream-empty.sse"));
        await using var api = new LlmApiFactory(upstream, demo: true);
        using var client = api.CreateClient();

        using var response = await client.MessageAsync(MessageRequests.Body(",\"stream\":true"));

        response.Header("x-freegpt4-provider").ShouldBe("Demo");
        response.Header("x-freegpt4-fallbacks").ShouldBe("1");
        var events = MessageRequests.Events(await response.TextAsync());
        events.Count(e => e.Value("type") == "message_start").ShouldBe(1);
        MessageRequests.Blocks(events)[0].Value("text").ShouldNotBeNull().ShouldContain("demo");
    }

    [Fact]
    public async Task Failure_BeforeTheFirstContent_HasItsStatus()
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(500, "{}"));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.MessageAsync(MessageRequests.Body(",\"stream\":true"));

        ((int)response.StatusCode).ShouldBe(529);
        (await response.AnthropicErrorAsync()).Type.ShouldBe("overloaded_error");
    }

    [Fact]
    public async Task Failure_AfterTheFirstPing_IsAnErrorEvent()
    {
        var pinged = new TaskCompletionSource();
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            await pinged.Task.WaitAsync(context.RequestAborted);
            await Status(500, "{}")(context);
        });
        await using var api = new LlmApiFactory(upstream, settings: [("STREAM_PING_INTERVAL", "50ms")]);
        using var client = api.CreateClient();

        using var response = await client.MessageAsync(MessageRequests.Body(",\"stream\":true"));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var text = await response.ReadLinesAsync(line =>
        {
            if (line == ": ping")
            {
                pinged.TrySetResult();
            }
        });
        var error = MessageRequests.Events(text).ShouldHaveSingleItem();
        error.Value("error", "type").ShouldBe("overloaded_error");
        error.Value("request_id").ShouldBe(response.Header("x-request-id"));
    }

    private static Microsoft.AspNetCore.Http.RequestDelegate Chunks(string finish, params string[] deltas)
    {
        string[] choices =
        [
            .. deltas.Select(delta => $$"""{"index":0,"delta":{{delta}},"finish_reason":null}"""),
            $$"""{"index":0,"delta":{},"finish_reason":"{{finish}}"}""",
        ];
        var stream = string.Concat(choices.Select(choice => $$"""data: {"id":"c","model":"m","choices":[{{choice}}]}""" + "\n\n"));
        return Body("text/event-stream", Encoding.UTF8.GetBytes($"{stream}data: [DONE]\n\n"));
    }

    private static async Task<string> StreamAsync(Microsoft.AspNetCore.Http.RequestDelegate reply, string more = "")
    {
        await using var upstream = await UpstreamServer.StartAsync(reply);
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.MessageAsync(MessageRequests.Body($",\"stream\":true{more}"));

        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.TextAsync());
        response.ContentType().ShouldBe("text/event-stream; charset=utf-8");
        return await response.TextAsync();
    }

    private static string Blocks(IReadOnlyList<JsonNode> events) =>
        MessageRequests.Blocks(events).ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private static IReadOnlyList<(string? Id, string? Name, string? Input)> Calls(IReadOnlyList<JsonNode> events) =>
    [
        .. MessageRequests.Blocks(events)
            .Where(block => block.Value("type") == "tool_use")
            .Select(block => (block.Value("id"), block.Value("name"), block.Value("partial_json"))),
    ];
}
