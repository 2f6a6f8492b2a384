using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using FreeGpt4.Tests.LlmApi.Messages;
using Microsoft.AspNetCore.Http;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Tokens;

/// <summary>Where the upstream tells no usage it is counted, and said to be. "hello world" is two tokens in o200k_base.</summary>
public sealed class EstimatedUsageTests
{
    private const string Comment = ": x-freegpt4-usage: estimated";

    // "Something that-nobody-logs" (six), four for the message and three for the answer's beginning.
    private const int Prompt = 13;

    private static readonly string ChatUsage =
        $$"""{"prompt_tokens":{{Prompt}},"completion_tokens":2,"total_tokens":{{Prompt + 2}}}""";

    // "hi", and the same seven.
    private const string MessageUsage = """{"input_tokens":8,"output_tokens":2}""";

    [Theory]
    [InlineData("")]
    [InlineData(",\"usage\":null")]
    public async Task Chat_WithoutUsage_GetsItAndAHeader(string usage)
    {
        using var response = await AskAsync(Answer(usage), client => client.ChatAsync(ChatRequests.Body()));

        response.Header("x-freegpt4-usage").ShouldBe("estimated");
        (await response.JsonAsync()).Value("usage").ShouldBe(ChatUsage);
    }

    [Theory]
    [InlineData("""{"role":"user","content":[{"\ud83d":"hello world"}]}""", """{"content":"hello world"}""", 9, 2)]
    [InlineData("""{"role":"user","content":"\ud83d"}""", """{"content":"hello world"}""", 11, 2)]
    [InlineData("""{"role":"user","content":"hello world"}""", """{"tool_calls":[{"\ud83d":1,"id":{"a":"b"},"function":{"name":"hello"}}]}""", 9, 1)]
    public async Task HalfACharacter_OnEitherSide_DoesNotStopTheCount(string message, string said, int prompt, int completion)
    {
        var answer = Body("application/json", Encoding.UTF8.GetBytes($$"""{"choices":[{"message":{{said}},"finish_reason":"stop"}]}"""));
        using var response = await AskAsync(answer, client => client.ChatAsync($$"""{"model":"a","messages":[{{message}}]}"""));

        var usage = (await response.JsonAsync())["usage"];
        (usage.Value("prompt_tokens"), usage.Value("completion_tokens")).ShouldBe(($"{prompt}", $"{completion}"));
    }

    [Fact]
    public async Task Chat_WithUsage_KeepsItAndHasNoHeader()
    {
        using var response = await AskAsync(Answer(",\"usage\":{\"cost\":0.10}"), client => client.ChatAsync(ChatRequests.Body()));

        response.Header("x-freegpt4-usage").ShouldBeEmpty();
        (await response.JsonAsync()).Value("usage").ShouldBe("""{"cost":0.10}""");
    }

    [Fact]
    public async Task ChatStream_ThatShouldHaveUsage_GetsItInAChunkWithACommentBefore()
    {
        using var response = await AskAsync(Stream(), client => client.ChatAsync(ChatRequests.Body(stream: true, includeUsage: true)));

        var text = await response.TextAsync();
        var frames = ChatRequests.Frames(text);
        frames.SkipLast(1).ShouldAllBe(frame => frame.AsObject().ContainsKey("usage") && frame["usage"] == null);
        frames[^1].Value("choices").ShouldBe("[]");
        frames[^1].Value("usage").ShouldBe(ChatUsage);
        frames[^1].Value("id").ShouldBe("c");
        text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)[^3].ShouldBe(Comment);
        text.ShouldEndWith("data: [DONE]\n\n");
    }

    [Theory]
    [InlineData("\"hello world\"", 2)]
    [InlineData("[\"hello world\",\"hello world\"]", 4)]
    [InlineData("[1,2,3]", 3)]
    [InlineData("[[1,2],[3]]", 3)]
    public async Task TextCompletion_WithoutUsage_GetsIt(string prompt, int tokens)
    {
        var answer = Body("application/json", Encoding.UTF8.GetBytes("""{"choices":[{"text":"hello world","finish_reason":"stop"}]}"""));
        using var response = await AskAsync(answer, client => client.MessageAsync($$"""{"model":"a","prompt":{{prompt}},"max_tokens":5}""", "/v1/completions"));

        response.Header("x-freegpt4-usage").ShouldBe("estimated");
        (await response.JsonAsync()).Value("usage")
            .ShouldBe($$"""{"prompt_tokens":{{tokens}},"completion_tokens":2,"total_tokens":{{tokens + 2}}}""");
    }

    [Fact]
    public async Task ChatStream_ThatNeedsNoUsage_GetsNone()
    {
        using var response = await AskAsync(Stream(), client => client.ChatAsync(ChatRequests.Body(stream: true)));

        (await response.TextAsync()).ShouldNotContain("usage");
    }

    [Theory]
    [InlineData("")]
    [InlineData(",\"usage\":{\"prompt_tokens\":-1,\"completion_tokens\":1e99}")]
    [InlineData(",\"usage\":{\"\\ud83d\":1}")]
    [InlineData(",\"usage\":[]")]
    public async Task Message_WithoutUsage_GetsItAndAHeader(string usage)
    {
        using var response = await AskAsync(Answer(usage), client => client.MessageAsync(MessageRequests.Body()));

        response.Header("x-freegpt4-usage").ShouldBe("estimated");
        (await response.JsonAsync()).Value("usage").ShouldBe(MessageUsage);
    }

    [Fact]
    public async Task MessageStream_WithoutUsage_GetsItWithACommentBefore()
    {
        using var response = await AskAsync(Stream(), client => client.MessageAsync(MessageRequests.Body(",\"stream\":true")));

        var text = await response.TextAsync();
        MessageRequests.Events(text)[^2].Value("usage").ShouldBe(MessageUsage);
        text.Split("\n\n")[^4].ShouldBe(Comment);
    }

    [Fact]
    public async Task Reasoning_Refusals_AndCalls_Count()
    {
        const string message = """
            {"content":"hello world","reasoning":"hello world","reasoning_details":[{"text":"hello world"}],"refusal":"hello world",
             "tool_calls":[{"id":"call_0123456789","type":"function","function":{"name":"hello","arguments":" world"}}]}
            """;
        using var response = await AskAsync(
            Body("application/json", Encoding.UTF8.GetBytes($$"""{"choices":[{"message":{{message}},"finish_reason":"stop"}]}""")),
            client => client.ChatAsync(ChatRequests.Body()));

        (await response.JsonAsync()).Value("usage", "completion_tokens").ShouldBe("8");
    }

    [Theory]
    [InlineData("""[{"role":"user","content":"hello world"}]""", "", 9)]
    [InlineData("""[{"role":"user","content":"hello\u0020world"}]""", "", 9)]
    [InlineData("""[{"role":"user","content":"hello world"},{"role":"assistant","content":"hello world"}]""", "", 15)]
    [InlineData("""[{"role":"user","content":"hello world"}]""", ",\"system\":\"hello world\"", 15)]
    [InlineData("""[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]}]""", "", 1607)]
    [InlineData("""[{"role":"assistant","content":[{"type":"tool_use","id":"call_0123456789","name":"hello","input":{}}]}]""", "", 9)]
    public async Task CountTokens_CountsTextsAndMessagesAndImages(string messages, string more, int expected)
    {
        await using var api = new LlmApiFactory();
        using var client = api.CreateClient();

        using var response = await client.MessageAsync($$"""{"model":"claude-x","messages":{{messages}}{{more}}}""", "/v1/messages/count_tokens");

        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.TextAsync());
        (await response.TextAsync()).ShouldBe($$"""{"input_tokens":{{expected}}}""");
    }

    [Fact]
    public async Task CountTokens_CountsTools()
    {
        await using var api = new LlmApiFactory();
        using var client = api.CreateClient();
        const string tools = ",\"tools\":[{\"name\":\"look\",\"input_schema\":{\"type\":\"object\"}}]";

        using var without = await client.MessageAsync(MessageRequests.Body(), "/v1/messages/count_tokens");
        using var with = await client.MessageAsync(MessageRequests.Body(tools), "/v1/messages/count_tokens");

        Count(await with.JsonAsync()).ShouldBeInRange(Count(await without.JsonAsync()) + 10, Count(await without.JsonAsync()) + 40);
    }

    [Fact]
    public async Task CountTokens_OfAWrongRequest_Is400()
    {
        await using var api = new LlmApiFactory();
        using var client = api.CreateClient();

        using var response = await client.MessageAsync("""{"model":"a","messages":[{"role":"user"}]}""", "/v1/messages/count_tokens");

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.AnthropicErrorAsync()).Message.ShouldContain("messages[0].content");
    }

    /// <summary>
    /// Texts on which merging pair by pair takes minutes or hours when nobody cuts them, and texts longer than are counted to the end:
    /// their count is in proportion.
    /// </summary>
    [Theory]
    [InlineData("a", 8)]
    [InlineData(" ", 128)]
    [InlineData("\\n", 16)]
    [InlineData("世", 1)]
    [InlineData("👩‍👩‍👧‍👦", 0)]
    [InlineData("\\ud83d", 0)]
    [InlineData("hello world ", 6)]
    public async Task CountTokens_OfMegabytes_EndsAndIsInProportion(string piece, int charactersPerToken)
    {
        await using var api = new LlmApiFactory();
        using var client = api.CreateClient();
        List<int> counts = [];
        foreach (var megabytes in (int[])[1, 3])
        {
            var text = new StringBuilder().Insert(0, piece, megabytes * (1 << 20) / Encoding.UTF8.GetByteCount(piece)).ToString();
            using var response = await client.MessageAsync(
                $$"""{"model":"a","messages":[{"role":"user","content":"{{text}}"}]}""", "/v1/messages/count_tokens");
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            counts.Add(Count(await response.JsonAsync()));
        }

        counts[1].ShouldBeInRange((int)(2.9 * counts[0]), (int)(3.1 * counts[0]));
        if (charactersPerToken > 0)
        {
            var characters = (1 << 20) / Encoding.UTF8.GetByteCount(piece) * (piece[0] is '\\' ? 1 : piece.Length);
            counts[0].ShouldBeInRange(characters / charactersPerToken / 2, 2 * characters / charactersPerToken);
        }
    }

    private static int Count(JsonNode reply) => (int)reply["input_tokens"].ShouldNotBeNull();

    private static RequestDelegate Answer(string usage) => Body("application/json", Encoding.UTF8.GetBytes(
        $$"""{"choices":[{"index":0,"message":{"role":"assistant","content":"hello world"},"finish_reason":"stop"}]{{usage}}}"""));

    // Cut inside a word: the pieces together are two tokens, and each for itself they would be more.
    private static RequestDelegate Stream()
    {
        string[] deltas = ["\"content\":\"hel\"", "\"content\":\"lo wor\"", "\"content\":\"ld\""];
        var chunks = string.Concat(deltas.Select(delta =>
            $$"""data: {"id":"c","choices":[{"index":0,"delta":{ {{delta}} },"finish_reason":null}]}""" + "\n\n"));
        return Body("text/event-stream", Encoding.UTF8.GetBytes(
            chunks + "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"));
    }

    private static async Task<HttpResponseMessage> AskAsync(RequestDelegate reply, Func<HttpClient, Task<HttpResponseMessage>> ask)
    {
        await using var upstream = await UpstreamServer.StartAsync(reply);
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();
        var response = await ask(client);
        await response.Content.LoadIntoBufferAsync(TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.TextAsync());
        return response;
    }
}
