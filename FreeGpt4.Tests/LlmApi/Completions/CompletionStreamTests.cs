using System.Net;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Completions;

public sealed class CompletionStreamTests
{
    private const string Route = "/v1/completions";
    private const string Question = """{"model":"m","prompt":"hi","stream":true}""";
    private const string UsageQuestion = """{"model":"m","prompt":"hi","stream":true,"stream_options":{"include_usage":true}}""";

    private const string Start = """{"id":"cmpl-1","object":"text_completion","created":1764000002,"model":"m-1","choices":""";
    private const string Figures = """{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}""";

    [Fact]
    public async Task Stream_ThatIsComplete_ComesBackByteForByte()
    {
        var whole = Chunk("""{"text":"Gr\u00fc","index":0,"logprobs":null,"finish_reason":null,"x":1.0}""")
            + Chunk("""{"text":"ße","index":0,"logprobs":null,"finish_reason":null}""")
            + Chunk("""{"text":"","index":0,"logprobs":null,"finish_reason":"length"}""")
            + "data: [DONE]\n\n";

        (await AskAsync(whole)).ShouldBe(whole);
    }

    [Fact]
    public async Task Usage_ThatWasAskedFor_ComesAfterTheLastWords()
    {
        var frames = ChatRequests.Frames(await AskAsync(
            Chunk("""{"text":"a","index":0,"logprobs":null,"finish_reason":null}""")
                + Chunk("""{"text":"","index":0,"logprobs":null,"finish_reason":"stop"}""", $",\"usage\":{Figures}")
                + "data: [DONE]\n\n",
            UsageQuestion));

        frames.Count.ShouldBe(3);
        frames.Take(2).ShouldAllBe(frame => frame.AsObject().ContainsKey("usage") && frame["usage"] == null);
        frames[2].Value("choices").ShouldBe("[]");
        frames[2].Value("usage").ShouldBe(Figures);
        frames[2].Value("object").ShouldBe("text_completion");
    }

    [Fact]
    public async Task Usage_ThatNobodyAskedFor_IsNotSent()
    {
        var text = await AskAsync(
            Chunk("""{"text":"a","index":0,"logprobs":null,"finish_reason":"stop"}""", $",\"usage\":{Figures}")
                + Chunk("", $",\"usage\":{Figures}")
                + "data: [DONE]\n\n");

        text.ShouldNotContain("usage");
        ChatRequests.Frames(text).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Stream_ThatIsLean_GetsWhatIsMissing()
    {
        var text = await AskAsync("data: {\"choices\":[{\"text\":\"a\",\"finish_reason\":\"\"}]}\n\ndata: {\"choices\":[{\"text\":\"b\"}]}\n\ndata: [DONE]\n\n");

        text.ShouldEndWith("data: [DONE]\n\n");
        var frames = ChatRequests.Frames(text);
        string[] expected =
        [
            """{"index":0,"text":"a","logprobs":null,"finish_reason":null}""",
            """{"index":0,"text":"b","logprobs":null,"finish_reason":null}""",
            """{"index":0,"text":"","logprobs":null,"finish_reason":"stop"}""",
        ];
        frames.Count.ShouldBe(expected.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            JsonNode.DeepEquals(frames[i]["choices"]?[0], JsonNode.Parse(expected[i])).ShouldBeTrue(frames[i].ToJsonString());
            frames[i].Value("id").ShouldNotBeNull().ShouldStartWith("cmpl-");
            frames[i].Value("id").ShouldBe(frames[0].Value("id"));
            frames[i].Value("object").ShouldBe("text_completion");
            frames[i].Value("created").ShouldNotBeNull();
            frames[i].Value("model").ShouldBe("m");
        }
    }

    [Theory]
    [InlineData("", "upstream_error")]
    [InlineData("data: {\"error\":{\"message\":\"secret-host exploded\"}}\n\n", "upstream_error")]
    [InlineData("data: {\"choices\":[{\"text\":1}]}\n\n", "upstream_error")]
    public async Task Stream_ThatBreaksOff_EndsInAnErrorAndNotInAStop(string rest, string code)
    {
        var text = await AskAsync(Chunk("""{"text":"Once","index":0,"logprobs":null,"finish_reason":null}""") + rest);

        text.ShouldNotContain("[DONE]");
        text.ShouldNotContain("secret-host");
        var frames = ChatRequests.Frames(text);
        frames.Count.ShouldBe(2);
        frames[0].Value("choices", 0, "text").ShouldBe("Once");
        ChatRequests.ErrorIn(frames[1]).Value("code").ShouldBe(code);
    }

    [Theory]
    [InlineData("""{"model":"m","prompt":["a","b"],"stream":true}""")]
    [InlineData("""{"model":"m","prompt":[[1],[2]],"stream":true}""")]
    [InlineData("""{"model":"m","prompt":"a","n":2,"stream":true}""")]
    public async Task Stream_ThatEndsBeforeTheLastChoice_EndsInAnError(string question)
    {
        // Many servers complete one prompt after the other.
        var text = await AskAsync(Chunk("""{"text":"a","index":0,"logprobs":null,"finish_reason":"stop"}"""), question);

        text.ShouldNotContain("[DONE]");
        ChatRequests.ErrorIn(ChatRequests.Frames(text)[^1]).Value("code").ShouldBe("upstream_error");
    }

    [Fact]
    public async Task Stream_ThatFailsBeforeTheFirstText_IsFollowedByTheNextProvider()
    {
        await using var upstream = await UpstreamServer.StartAsync(EventText(Chunk("""{"text":"","index":0,"logprobs":null,"finish_reason":null}""")));
        await using var other = await UpstreamServer.StartAsync(EventText(Chunk("""{"text":"a","index":0,"logprobs":null,"finish_reason":"stop"}""")));
        await using var api = new LlmApiFactory(upstream, other: other);
        using var client = api.CreateClient();

        using var response = await client.AskAsync(Route, Question);

        response.Header("x-freegpt4-provider").ShouldBe(LlmApiFactory.Other);
        response.Header("x-freegpt4-fallbacks").ShouldBe("1");
        ChatRequests.Frames(await response.TextAsync()).ShouldHaveSingleItem().Value("choices", 0, "text").ShouldBe("a");
    }

    private static string Chunk(string choice, string rest = "") => $"data: {Start}[{choice}]{rest}}}\n\n";

    private static async Task<string> AskAsync(string events, string question = Question)
    {
        await using var upstream = await UpstreamServer.StartAsync(EventText(events));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.AskAsync(Route, question);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.ContentType().ShouldBe("text/event-stream; charset=utf-8");
        return await response.TextAsync();
    }
}
