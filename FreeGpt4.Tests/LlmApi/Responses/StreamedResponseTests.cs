using System.Text;
using System.Text.Json;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;
using static FreeGpt4.Tests.LlmApi.Responses.ResponseRequests;

namespace FreeGpt4.Tests.LlmApi.Responses;

public sealed class StreamedResponseTests
{
    private const string Streamed = "\"stream\":true";

    [Fact]
    public async Task Text_ComesInTheEventsOfTheSchema()
    {
        var events = await EventsAsync(Body(Streamed), Stream("stop", """{"role":"assistant","content":""}""", """{"content":"Hel"}""", """{"content":"lo"}"""));

        events.Types().ShouldBe(
        [
            "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
            "response.output_text.delta", "response.output_text.delta", "response.output_text.done", "response.content_part.done",
            "response.output_item.done", "response.completed",
        ]);
        var id = events[2].Value("item", "id").ShouldNotBeNull();
        events[0].Value("response", "status").ShouldBe("in_progress");
        events[0].Value("response", "output").ShouldBe("[]");
        events[0].Value("response", "model").ShouldBe("m-1");
        events[2]["item"].ShouldBeJson($$"""{"id":"{{id}}","type":"message","role":"assistant","content":[],"status":"in_progress"}""");
        events[3]["part"].ShouldBeJson("""{"type":"output_text","text":"","annotations":[],"logprobs":[]}""");
        events[4].ShouldBeJson(
            $$"""
            {"type":"response.output_text.delta","sequence_number":4,"item_id":"{{id}}","output_index":0,"content_index":0,"delta":"Hel","logprobs":[]}
            """);
        events[6].Value("text").ShouldBe("Hello");
        events[7].Value("part", "text").ShouldBe("Hello");
        events[8].Value("item", "status").ShouldBe("completed");
        events[9]["response"]?["output"].ShouldBeJson($"[{events[8]["item"]?.ToJsonString()}]");
        events[9].Value("response", "status").ShouldBe("completed");
        events[9].Value("response", "usage", "total_tokens").ShouldBe("10");
        events[9].Value("response", "usage", "input_tokens_details", "cached_tokens").ShouldBe("2");
        events.Select(one => one.Value("response", "id")).Where(response => response is not null).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task ToolCalls_ThatGrowSideBySide_EndTogether()
    {
        var events = await EventsAsync(
            Body($"{Streamed},\"tools\":[{{\"type\":\"function\",\"name\":\"f\"}}]"),
            Stream(
                "tool_calls",
                """{"content":"Look."}""",
                """{"tool_calls":[{"index":0,"id":"c0","type":"function","function":{"name":"f","arguments":""}}]}""",
                """{"tool_calls":[{"index":1,"id":"c1","type":"function","function":{"name":"f","arguments":"{\"b"}}]}""",
                """{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":0}"}},{"index":1,"function":{"arguments":"\":1}"}}]}"""));

        events.Skip(7).Types().ShouldBe(
        [
            "response.output_item.done", "response.output_item.added", "response.output_item.added",
            "response.function_call_arguments.delta", "response.function_call_arguments.delta", "response.function_call_arguments.delta",
            "response.function_call_arguments.done", "response.output_item.done",
            "response.function_call_arguments.done", "response.output_item.done", "response.completed",
        ]);
        events[10].Value("output_index").ShouldBe("2");
        events[11].Value("output_index").ShouldBe("1");
        events[13].Value("name").ShouldBe("f");
        events[13].Value("arguments").ShouldBe("{\"a\":0}");
        events[15].Value("arguments").ShouldBe("{\"b\":1}");
        events[17]["response"]?["output"]?[2].ShouldBeJson(
            $$"""
            {"id":"{{events[9].Value("item", "id")}}","type":"function_call","call_id":"c1","name":"f","arguments":"{\"b\":1}","status":"completed"}
            """);
    }

    [Theory]
    [InlineData(
        "id and name in every piece",
        """{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}]}""",
        """{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":":1}"}}]}""",
        "f {\"x\":1}")]
    [InlineData(
        "the name after the arguments",
        """{"tool_calls":[{"index":0,"id":"a","function":{"arguments":"{\"x\""}}]}""",
        """{"tool_calls":[{"index":0,"function":{"name":"f","arguments":":1}"}}]}""",
        "f {\"x\":1}")]
    [InlineData(
        "no index",
        """{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}},{"id":"b","function":{"name":"g","arguments":"{"}}]}""",
        """{"tool_calls":[{"function":{"arguments":"}"}}]}""",
        "f {} g {}")]
    [InlineData(
        "index 0 for all",
        """{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}""",
        """{"tool_calls":[{"index":0,"id":"b","function":{"name":"f","arguments":"{}"}}]}""",
        "f {} f {}")]
    [InlineData(
        "null for what is not new",
        """{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":null}}]}""",
        """{"tool_calls":[{"index":0,"id":null,"function":{"name":null,"arguments":"{}"}}]}""",
        "f {}")]
    public async Task ToolCalls_OfUpstreamsWithHabits_AreToldApart(string habit, string first, string second, string expected)
    {
        var events = await EventsAsync(Body(Streamed), Stream("tool_calls", first, second));

        var calls = events.Where(one => one.Value("type") == "response.output_item.done").Select(one => one["item"]);
        string.Join(' ', calls.Select(call => $"{call.Value("name")} {call.Value("arguments")}")).ShouldBe(expected, habit);
        events.Deltas("response.function_call_arguments.delta").ShouldBe(string.Concat(expected.Split(' ').Where((_, i) => i % 2 == 1)));
    }

    [Fact]
    public async Task CustomTool_GetsItsTextAsItComes()
    {
        var events = await EventsAsync(
            Body($"{Streamed},\"tools\":[{{\"type\":\"custom\",\"name\":\"patch\"}}]"),
            Stream("tool_calls", CustomCall("{ \"inp"), CustomCall("ut\": \"*** x\\"), CustomCall("ny\"}")));

        events.Skip(2).Types().ShouldBe(
        [
            "response.output_item.added", "response.custom_tool_call_input.delta", "response.custom_tool_call_input.delta",
            "response.custom_tool_call_input.done", "response.output_item.done", "response.completed",
        ]);
        events[2].Value("item", "type").ShouldBe("custom_tool_call");
        events[2].Value("item", "input").ShouldBe("");
        events[3].Value("delta").ShouldBe("*** x");
        events[4].Value("delta").ShouldBe("\ny");
        events[5].Value("input").ShouldBe("*** x\ny");
        events[6].Value("item", "input").ShouldBe("*** x\ny");
    }

    [Theory]
    [InlineData("{\"input\":\"a \\\"b\\\" \\\\ \\u00e4 \\ud83d\\ude80 🚀\"}", "a \"b\" \\ ä 🚀 🚀")]
    [InlineData("{\"input\":\"\"}", "")]
    [InlineData("{\"input\":\"line\nend\t\\x\"}", "line\nend\t\\x")]
    [InlineData("{\"input\":\"cut off", "cut off")]
    [InlineData("{\"input\":\"cut \\ud83", "cut ")]
    [InlineData("{\"input\":\"half \\ud83d, no more\"}", "half \\ud83d, no more")]
    [InlineData("{\"input\":\"a\",\"more\":\"b\"}", "a")]
    [InlineData("{\"more\":\"b\",\"input\":\"a\"}", "a")]
    [InlineData("no JSON \"at\" all", "no JSON \"at\" all")]
    [InlineData("{\"text\":\"a\"}", "{\"text\":\"a\"}")]
    [InlineData("\"a\"", "\"a\"")]
    public async Task CustomTool_GetsTheSameText_HoweverItIsCut(string arguments, string expected)
    {
        var body = Body($"{Streamed},\"tools\":[{{\"type\":\"custom\",\"name\":\"patch\"}}]");

        // A surrogate pair is cut in two as well.
        foreach (var size in new[] { 1, 7, arguments.Length })
        {
            var events = await EventsAsync(body, Stream("tool_calls", [.. arguments.Chunk(size).Select(piece => CustomCall(new(piece)))]));

            events[^1].Value("response", "output", 0, "input").ShouldBe(expected);
            events.Single(one => one.Value("type") == "response.custom_tool_call_input.done").Value("input").ShouldBe(expected);
            events.Deltas("response.custom_tool_call_input.delta").ShouldBe(expected);
        }
    }

    [Fact]
    public async Task Reasoning_IsAnItemBeforeTheMessage()
    {
        var events = await EventsAsync(
            Body(Streamed), Stream("stop", """{"reasoning":"Hm, "}""", """{"reasoning":"so."}""", """{"content":"Hi"}"""));

        events.Skip(2).Take(8).Types().ShouldBe(
        [
            "response.output_item.added", "response.content_part.added", "response.reasoning_text.delta", "response.reasoning_text.delta",
            "response.reasoning_text.done", "response.content_part.done", "response.output_item.done", "response.output_item.added",
        ]);
        events[2].Value("item", "type").ShouldBe("reasoning");
        events[2].Value("item", "summary").ShouldBe("[]");
        events[6].Value("text").ShouldBe("Hm, so.");
        events[8].Value("item", "content", 0, "text").ShouldBe("Hm, so.");
        events[9].Value("output_index").ShouldBe("1");
    }

    [Fact]
    public async Task Refusal_IsAPartOfItsOwn()
    {
        var events = await EventsAsync(Body(Streamed), Stream("stop", """{"content":"Well."}""", """{"refusal":"N"}""", """{"refusal":"o."}"""));

        events.Skip(6).Types().ShouldBe(
        [
            "response.content_part.done", "response.content_part.added", "response.refusal.delta", "response.refusal.delta",
            "response.refusal.done", "response.content_part.done", "response.output_item.done", "response.completed",
        ]);
        events[8].Value("content_index").ShouldBe("1");
        events[10].Value("refusal").ShouldBe("No.");
        events[^1]["response"]?["output"]?[0]?["content"].ShouldBeJson(
            """[{"type":"output_text","text":"Well.","annotations":[],"logprobs":[]},{"type":"refusal","refusal":"No."}]""");
    }

    [Theory]
    [InlineData("length", "max_output_tokens")]
    [InlineData("content_filter", "content_filter")]
    public async Task Answer_ThatIsCutShort_EndsIncomplete(string finish, string reason)
    {
        var events = await EventsAsync(Body(Streamed), Stream(finish, """{"content":"Hel"}"""));

        events[^1].Value("type").ShouldBe("response.incomplete");
        events[^1].Value("response", "status").ShouldBe("incomplete");
        events[^1].Value("response", "incomplete_details", "reason").ShouldBe(reason);
        events[^2].Value("item", "status").ShouldBe("incomplete");
        events.Types().ShouldNotContain("response.completed");
    }

    [Fact]
    public async Task Answer_ThatIsFilteredFromTheStart_HasNoItem()
    {
        var events = await EventsAsync(Body(Streamed), Stream("content_filter"));

        events.Types().ShouldBe(["response.created", "response.in_progress", "response.incomplete"]);
        events[^1].Value("response", "output").ShouldBe("[]");
    }

    [Fact]
    public async Task SurrogatePair_ThatIsTornInTwo_IsWholeInTheEnd()
    {
        await using var upstream = await UpstreamServer.StartAsync(
            UpstreamServerReplies.Body("text/event-stream", Stream("stop", """{"content":"a\ud83d"}""", """{"content":"\ude80"}""")));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.RespondAsync(Body(Streamed));

        var text = await response.TextAsync();
        text.ShouldContain("""
            "delta":"a\ud83d"
            """);
        EventsIn(text)[^1].Value("response", "output", 0, "content", 0, "text").ShouldBe("a🚀");
    }

    [Fact]
    public async Task Event_IsOneLine_WhateverTheRequestLookedLike()
    {
        var events = await EventsAsync(
            "{\r\n\"model\":\"gpt-4o\",\r\n\"input\":\"hi\",\"stream\":true,\n\"metadata\":{\r\"a\":\n\"b\\n\"},\"tools\":[{\n\"type\":\"function\",\"name\":\"f\",\"parameters\":{\r\n}}]}",
            Stream("stop", """{"content":"ok"}"""));

        events[0]["response"]?["metadata"].ShouldBeJson("""{"a":"b\n"}""");
    }

    [Fact]
    public async Task LogProbs_ComeWithTheirPiece_AndAllAtTheEnd()
    {
        const string entry = """{"token":"T","logprob":-0.1,"bytes":[84],"top_logprobs":[]}""";
        var chunk = Chunk($$$"""[{"index":0,"delta":{"content":"T"},"logprobs":{"content":[{{{entry}}}]},"finish_reason":null}]""");

        var events = await EventsAsync(
            Body($"{Streamed},\"top_logprobs\":1"), [.. Encoding.UTF8.GetBytes(chunk + chunk), .. Stream("stop")]);

        events[4]["logprobs"].ShouldBeJson($"[{entry}]");
        events[6]["logprobs"].ShouldBeJson($"[{entry},{entry}]");
        events[^1]["response"]?["output"]?[0]?["content"]?[0]?["logprobs"].ShouldBeJson($"[{entry},{entry}]");
    }

    [Fact]
    public async Task Stream_HasTheHeadersOfOne_AndNoDone()
    {
        await using var upstream = await UpstreamServer.StartAsync(EventsBytewise("stream-usage.sse"));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.RespondAsync(Body(Streamed));

        response.ContentType().ShouldBe("text/event-stream; charset=utf-8");
        response.Header("x-freegpt4-provider").ShouldBe("Custom");
        var text = await response.TextAsync();
        text.ShouldNotContain("[DONE]");
        EventsIn(text).Deltas("response.output_text.delta").ShouldBe("Grüße, 世界 🚀");
    }

    [Fact]
    public async Task Usage_ThatTheUpstreamDoesNotTell_IsEstimatedAndSaysSoBeforeTheEnd()
    {
        await using var upstream = await UpstreamServer.StartAsync(Events("stream-complete.sse"));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.RespondAsync(Body(Streamed));

        var text = await response.TextAsync();
        text.ShouldContain(": x-freegpt4-usage: estimated\n\nevent: response.");
        EventsIn(text)[^1].Value("response", "usage", "input_tokens").ShouldBe("8");
    }

    [Theory]
    [InlineData("closed")]
    [InlineData("error")]
    [InlineData("bad name")]
    public async Task Stream_ThatBreaksOff_FailsAndCompletesNothing(string how)
    {
        var call = Encoding.UTF8.GetBytes(Chunk(
            """[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{\"a"}}]}}]"""));
        RequestDelegate reply = how switch
        {
            "closed" => UpstreamServerReplies.Body("text/event-stream", [.. Bundle("stream-cut.sse"), .. call]),
            "error" => UpstreamServerReplies.Body(
                "text/event-stream",
                [.. Bundle("stream-cut.sse"), .. call, .. "data: {\"error\":{\"message\":\"secret-host exploded\"}}\n\n"u8]),
            _ => UpstreamServerReplies.Body(
                "text/event-stream",
                [
                    .. Bundle("stream-cut.sse"), .. call,
                    .. Encoding.UTF8.GetBytes(Chunk("""[{"index":0,"delta":{"tool_calls":[{"\ud83dabcdefghij":1}]}}]""")),
                    .. "data: [DONE]\n\n"u8,
                ]),
        };
        await using var upstream = await UpstreamServer.StartAsync(reply);
        await using var api = new LlmApiFactory(upstream, demo: true);
        using var client = api.CreateClient();

        using var response = await client.RespondAsync(Body(Streamed));

        var events = EventsIn(await response.TextAsync());
        events.TakeLast(2).Types().ShouldBe(["error", "response.failed"]);
        events.Types().ShouldNotContain("response.completed");
        events[^2].Value("code").ShouldBe("upstream_error");
        events[^1].Value("response", "status").ShouldBe("failed");
        events[^1].Value("response", "error", "code").ShouldBe("server_error");
        events[^1].Value("response", "error", "message").ShouldBe(events[^2].Value("message"));
        events[^1].Value("response", "output", 0, "content", 0, "text").ShouldNotBeNull().ShouldStartWith("Once");
        events[^1].Value("response", "output", 1, "status").ShouldBe("incomplete");

        // Agents run a call as soon as they hear that it is done.
        events.Where(one => one.Value("item", "type") == "function_call").Types().ShouldBe(["response.output_item.added"]);
        $"{events[^1]}".ShouldNotContain("secret-host");
    }

    [Fact]
    public async Task Stream_ThatFailsAfterAPing_FailsInEvents()
    {
        var mayFail = new TaskCompletionSource();
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            await mayFail.Task.WaitAsync(context.RequestAborted);
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        });
        await using var api = new LlmApiFactory(upstream, settings: [("STREAM_PING_INTERVAL", "10ms")]);
        using var client = api.CreateClient();

        using var response = await client.RespondAsync(Body(Streamed));

        var text = await response.ReadLinesAsync(line => mayFail.TrySetResult());
        var events = EventsIn(text);
        events.Types().ShouldBe(["response.created", "response.in_progress", "error", "response.failed"]);
        events[0].Value("response", "model").ShouldBe("gpt-4o");
    }

    private static string CustomCall(string arguments)
    {
        // Half a surrogate pair has no UTF-8; its escape is what upstreams send.
        var json = string.Concat(arguments.Select(c => c < 128 ? $"{JsonEncodedText.Encode($"{c}")}" : $"\\u{(int)c:x4}"));
        return $$$"""{"tool_calls":[{"index":0,"id":"c0","function":{"name":"patch","arguments":"{{{json}}}"}}]}""";
    }
}
