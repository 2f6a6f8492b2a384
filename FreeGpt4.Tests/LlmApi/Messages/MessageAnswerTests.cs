using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Messages;

public sealed class MessageAnswerTests
{
    [Theory]
    [InlineData("stop", "end_turn")]
    [InlineData("length", "max_tokens")]
    [InlineData("content_filter", "refusal")]
    [InlineData("eos", "end_turn")]
    [InlineData("", "end_turn")]
    public async Task FinishReason_HasItsCounterpart(string finish, string expected)
    {
        var message = await AskAsync(Choice("""{"role":"assistant","content":"Hi"}""", finish));

        message.Value("stop_reason").ShouldBe(expected);
        message.Value("stop_sequence").ShouldBeNull();
        message.Value("content").ShouldBe("""[{"type":"text","text":"Hi"}]""");
    }

    [Fact]
    public async Task Message_HasTheMembersOfTheSchema()
    {
        var message = await AskAsync(
            """
            {"id":"chatcmpl-1","model":"llama\/3","choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}],
             "usage":{"prompt_tokens":10,"completion_tokens":3,"total_tokens":13,"prompt_tokens_details":{"cached_tokens":4}}}
            """);

        message.AsObject().Select(member => member.Key)
            .ShouldBe(["id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"]);
        message.Value("id").ShouldNotBeNull().ShouldStartWith("msg_");
        message.Value("type").ShouldBe("message");
        message.Value("role").ShouldBe("assistant");
        message.Value("model").ShouldBe("llama/3");
        message.Value("usage").ShouldBe("""{"input_tokens":6,"cache_read_input_tokens":4,"output_tokens":3}""");
    }

    [Theory]
    [InlineData("\"END\"", "stop_sequence", "END")]
    [InlineData("\"other\"", "end_turn", null)]
    [InlineData("128009", "end_turn", null)]
    public async Task StopSequence_IsNamed_WhenTheUpstreamTellsIt(string told, string reason, string? sequence)
    {
        var message = await AskAsync(
            $$"""{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop","stop_reason":{{told}}}]}""", ",\"stop_sequences\":[\"END\"]");

        message.Value("stop_reason").ShouldBe(reason);
        message.Value("stop_sequence").ShouldBe(sequence);
    }

    [Fact]
    public async Task ToolCalls_BecomeBlocksAfterTheText_WhateverTheReasonSays()
    {
        var message = await AskAsync(Choice(
            """
            {"content":"Let me see.","tool_calls":[
              {"id":"call_1","type":"function","function":{"name":"look","arguments":"{\"q\": \"\\u00fc\", \"n\": 1.50}"}},
              {"type":"function","function":{"name":"go","arguments":""}},
              {"id":"","type":"function","function":{"name":"stay","arguments":{"here":true}}}]}
            """,
            "stop"));

        message.Value("stop_reason").ShouldBe("tool_use");
        var content = message["content"].ShouldNotBeNull().AsArray();
        content.Select(block => block.Value("type")).ShouldBe(["text", "tool_use", "tool_use", "tool_use"]);
        content[1].Value("id").ShouldBe("call_1");
        content[1].Value("input", "q").ShouldBe("ü");
        content[1].Value("input", "n").ShouldBe("1.50");
        content[2].Value("id").ShouldNotBeNull().ShouldStartWith("toolu_");
        content[2].Value("input").ShouldBe("{}");
        content[3].Value("input").ShouldBe("""{"here":true}""");
        content[3].Value("id").ShouldNotBe(content[2].Value("id"));
    }

    [Theory]
    [InlineData("""{"id":"a","function":{"name":"look","arguments":"{\"q\":"}}""")]
    [InlineData("""{"id":"a","function":{"name":"look","arguments":"[1]"}}""")]
    [InlineData("""{"id":"a","function":{"name":"look","arguments":"\ud83d"}}""")]
    [InlineData("""{"id":"a","function":{"arguments":"{}"}}""")]
    public async Task ToolCall_ThatNoMessageCanHold_IsNotMadeUp(string call)
    {
        using var response = await ReplyAsync(Choice($$"""{"tool_calls":[{{call}}]}""", "tool_calls"));

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await response.AnthropicErrorAsync()).Type.ShouldBe("api_error");
    }

    [Fact]
    public async Task ToolCall_ThatTheLimitCutShort_IsLeftOut()
    {
        var message = await AskAsync(
            Choice("""{"content":"So","tool_calls":[{"id":"a","function":{"name":"look","arguments":"{\"q\":"}}]}""", "length"));

        message.Value("stop_reason").ShouldBe("max_tokens");
        message.Value("content").ShouldBe("""[{"type":"text","text":"So"}]""");
    }

    [Theory]
    [InlineData("""{"content":"Hi"}""", "\\ud83d")]
    [InlineData("""{"content":"Hi","tool_calls":[{"\ud83d":1,"function":{"\ud83d":1,"name":"\ud83d"},"id":"\ud83d"}]}""", "stop")]
    [InlineData("""{"content":"Hi","tool_calls":[1,{"function":1}],"reasoning":7,"refusal":{}}""", "stop")]
    [InlineData("""{"content":"Hi","tool_calls":"none","reasoning_content":[]}""", "stop")]
    public async Task Oddities_OfTheUpstream_AreNoFaultOfOurs(string message, string finish)
    {
        foreach (var stream in (string[])["", ",\"stream\":true"])
        {
            var json = Choice(message, finish);
            var reply = stream.Length == 0
                ? Body("application/json", Encoding.UTF8.GetBytes(json))
                : Body("text/event-stream", Encoding.UTF8.GetBytes($"data: {json.Replace("message", "delta", StringComparison.Ordinal)}\n\ndata: [DONE]\n\n"));
            await using var upstream = await UpstreamServer.StartAsync(reply);
            await using var api = new LlmApiFactory(upstream);
            using var client = api.CreateClient();

            using var response = await client.MessageAsync(MessageRequests.Body(stream));

            var text = await response.TextAsync();
            var isAnswer = response.StatusCode is HttpStatusCode.OK && !text.Contains("event: error", StringComparison.Ordinal);
            ((int)response.StatusCode).ShouldBeOneOf(200, 502, 529);
            text.ShouldContain(isAnswer ? "end_turn" : "rovider");
        }
    }

    [Fact]
    public async Task Refusal_IsTextWithItsReason()
    {
        var message = await AskAsync(Choice("""{"content":null,"refusal":"No."}""", "stop"));

        message.Value("stop_reason").ShouldBe("refusal");
        message.Value("content").ShouldBe("""[{"type":"text","text":"No."}]""");
    }

    [Theory]
    [InlineData("reasoning_content", ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}", true)]
    [InlineData("reasoning", ",\"thinking\":{\"type\":\"adaptive\"}", true)]
    [InlineData("reasoning", ",\"thinking\":{\"type\":\"adaptive\",\"display\":\"omitted\"}", false)]
    [InlineData("reasoning", ",\"thinking\":{\"type\":\"disabled\"}", false)]
    [InlineData("reasoning", "", false)]
    public async Task Thinking_IsShownToWhomAskedForIt(string member, string asked, bool shown)
    {
        var message = await AskAsync(Choice($$"""{"content":"Hi","{{member}}":"Hm."}""", "stop"), asked);

        var text = """{"type":"text","text":"Hi"}""";
        message.Value("content").ShouldBe(shown ? $$"""[{"type":"thinking","thinking":"Hm.","signature":""},{{text}}]""" : $"[{text}]");
    }

    [Fact]
    public async Task Content_InParts_IsTheirText()
    {
        var message = await AskAsync(Choice("""{"content":[{"type":"thinking","thinking":[]},{"type":"text","text":"Hi"}]}""", "stop"));

        message.Value("content").ShouldBe("""[{"type":"text","text":"Hi"}]""");
    }

    [Fact]
    public async Task Demo_AnswersAnthropicClientsToo()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var client = api.CreateClient();

        using var response = await client.MessageAsync(MessageRequests.Body());

        (await response.JsonAsync()).Value("content", 0, "text").ShouldNotBeNull().ShouldContain("demo");
        response.Header("x-freegpt4-usage").ShouldBeEmpty();
    }

    private static string Choice(string message, string finish) =>
        $$"""{"choices":[{"index":0,"message":{{message}},"finish_reason":"{{finish}}"}]}""";

    private static async Task<JsonNode> AskAsync(string answer, string more = "")
    {
        using var response = await ReplyAsync(answer, more);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.TextAsync());
        return await response.JsonAsync();
    }

    private static async Task<HttpResponseMessage> ReplyAsync(string answer, string more = "")
    {
        await using var upstream = await UpstreamServer.StartAsync(Body("application/json", Encoding.UTF8.GetBytes(answer)));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();
        var response = await client.MessageAsync(MessageRequests.Body(more));
        await response.Content.LoadIntoBufferAsync(TestContext.Current.CancellationToken);
        return response;
    }
}
