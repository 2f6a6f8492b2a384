using System.Net;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Completions;

public sealed class CompletionTests
{
    private const string Route = "/v1/completions";

    // As code editors ask for what goes into a gap.
    private const string Question =
        """{ "model":"m", "prompt" : "def f(", "suffix":")\u0021", "max_tokens":64,"logit_bias":{"50256":-100}, "x_of_mine":[1.50] }""";

    private const string Answer =
        """{"id":"cmpl-1","object":"text_completion","created":1764000002,"model":"m-1","choices":[{"text":"x\u0021","index":0,"logprobs":{"tokens":["x"]},"finish_reason":"length","x":1.0}],"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}}""";

    [Fact]
    public async Task Completion_ThatIsComplete_ComesBackByteForByte()
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(200, Answer));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.AskAsync(Route, Question);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.ContentType().ShouldBe("application/json");
        response.Header("x-freegpt4-provider").ShouldBe("Custom");
        response.Header("x-freegpt4-model").ShouldBe("m");
        response.Header("x-freegpt4-fallbacks").ShouldBe("0");
        (await response.TextAsync()).ShouldBe(Answer);
        var asked = upstream.Requests.ShouldHaveSingleItem();
        asked.Path.ShouldBe(Route);
        asked.Body.ShouldBe(Question);
    }

    [Fact]
    public async Task Completion_WithOnlyItsText_GetsWhatIsMissing()
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(200, """{"choices":[{"text":"a"},{"text":null,"finish_reason":""}],"timings":{"n":1.0}}"""));
        await using var api = new LlmApiFactory(upstream, settings: [("CUSTOM_MODELS", "first")]);
        using var client = api.CreateClient();

        using var response = await client.AskAsync(Route, """{"model":"gpt-3.5-turbo-instruct","prompt":"hi"}""");

        var answer = await response.JsonAsync();
        answer.Value("id").ShouldNotBeNull().ShouldStartWith("cmpl-");
        answer.Value("object").ShouldBe("text_completion");
        answer.Value("created").ShouldNotBeNull();
        answer.Value("model").ShouldBe("first");
        answer.Value("timings", "n").ShouldBe("1.0");
        JsonNode.DeepEquals(answer["choices"], JsonNode.Parse(
            """[{"index":0,"text":"a","logprobs":null,"finish_reason":"stop"},{"index":1,"text":"","logprobs":null,"finish_reason":"stop"}]"""))
            .ShouldBeTrue(answer.ToJsonString());
        JsonNode.Parse(upstream.Requests.ShouldHaveSingleItem().Body).Value("model").ShouldBe("first");
    }

    [Theory]
    [InlineData(false, """{"choices":[{"index":0,"text":"","finish_reason":"stop"}]}""")]
    [InlineData(true, """{"choices":[{"index":0,"text":"","finish_reason":"stop"}]}""")]
    public async Task Completion_OfNothing_IsAnAnswerWhenTheUpstreamSaysSo(bool stream, string answer)
    {
        await using var upstream = await UpstreamServer.StartAsync(stream ? EventText($"data: {answer}\n\ndata: [DONE]\n\n") : Status(200, answer));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.AskAsync(Route, stream ? """{"model":"m","prompt":"hi","stream":true}""" : Question);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.TextAsync()).ShouldContain("\"finish_reason\":\"stop\"");
    }

    [Theory]
    [InlineData("""{"choices":[{"index":0,"text":""}]}""")]
    [InlineData("""{"choices":[{"index":0,"text":null}]}""")]
    [InlineData("""{"choices":[]}""")]
    [InlineData("""{"choices":[{"index":0,"text":{"a":1}}]}""")]
    [InlineData("""{"choices":[{"index":0,"message":{"role":"assistant","content":"a chat"},"finish_reason":"stop"}]}""")]
    [InlineData("""{"error":{"message":"busy"}}""")]
    [InlineData("""<html>Welcome</html>""")]
    public async Task Completion_ThatIsNone_IsFollowedByTheNextProvider(string body)
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(200, body));
        await using var other = await UpstreamServer.StartAsync(Status(200, Answer));
        await using var api = new LlmApiFactory(upstream, other: other);
        using var client = api.CreateClient();

        using var response = await client.AskAsync(Route, Question);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Header("x-freegpt4-provider").ShouldBe(LlmApiFactory.Other);
        response.Header("x-freegpt4-fallbacks").ShouldBe("1");
        (await response.TextAsync()).ShouldBe(Answer);
    }

    [Theory]
    [InlineData("\"one text\"")]
    [InlineData("null")]
    [InlineData("[\"one\",\"two\"]")]
    [InlineData("[1212, 318]")]
    [InlineData("[[1212,318],[0]]")]
    public async Task Prompt_InAnyOfItsForms_IsPassedOnAsItCame(string prompt)
    {
        var question = $$"""{"model":"m","prompt": {{prompt}} ,"n":2}""";
        await using var upstream = await UpstreamServer.StartAsync(Status(200, Answer));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.AskAsync(Route, question);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        upstream.Requests.ShouldHaveSingleItem().Body.ShouldBe(question);
    }
}
