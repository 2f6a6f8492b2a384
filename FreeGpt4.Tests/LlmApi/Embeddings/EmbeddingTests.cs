using System.Net;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Embeddings;

public sealed class EmbeddingTests
{
    private const string Route = "/v1/embeddings";
    private const string Question = """{"model":"m","input":["a","b"]}""";

    private const string Answer =
        """{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1.0e-5, -0.250,3]},{"object":"embedding","index":1,"embedding":[0,0,1]}],"model":"m-1","usage":{"prompt_tokens":2,"total_tokens":2},"x":1.0}""";

    [Theory]
    [InlineData("""{ "model":"m", "input" :"hi\u0021","encoding_format":"float","dimensions":3,"user":"u", "x_of_mine":[1.50] }""")]
    [InlineData("""{"model":"m","input":["a","b"],"n":7}""")]
    [InlineData("""{"model":"m","input":[1212, 318, 7]}""")]
    [InlineData("""{"model":"m","input":[[1212,318],[0]]}""")]
    public async Task Embeddings_ThatAreComplete_ComeBackByteForByte(string question)
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(200, Answer));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.AskAsync(Route, question);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.ContentType().ShouldBe("application/json");
        response.Header("x-freegpt4-provider").ShouldBe("Custom");
        response.Header("x-freegpt4-model").ShouldBe("m");
        response.Header("x-freegpt4-fallbacks").ShouldBe("0");
        (await response.TextAsync()).ShouldBe(Answer);
        var asked = upstream.Requests.ShouldHaveSingleItem();
        asked.Path.ShouldBe(Route);
        asked.Body.ShouldBe(question);
    }

    [Fact]
    public async Task Embeddings_WithOnlyTheirNumbers_GetWhatIsMissing()
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(200, """{"data":[{"embedding":[1.0]},{"embedding":"AACAPw=="}],"id":"e"}"""));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.AskAsync(Route, Question);

        response.Header("x-freegpt4-usage").ShouldBe("estimated");
        JsonNode.DeepEquals(await response.JsonAsync(), JsonNode.Parse("""
            {"object":"list","model":"m","id":"e","usage":{"prompt_tokens":2,"completion_tokens":0,"total_tokens":2},"data":[
              {"object":"embedding","index":0,"embedding":[1.0]},{"object":"embedding","index":1,"embedding":"AACAPw=="}]}
            """)).ShouldBeTrue();
    }

    [Theory]
    [InlineData("""{"object":"list","model":"m"}""")]
    [InlineData("""{"data":null}""")]
    [InlineData("""{"data":[]}""")]
    [InlineData("""{"data":{}}""")]
    [InlineData("""{"data":[1]}""")]
    [InlineData("""{"data":[{"index":0}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":null}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":{}}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[1]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[]}]}""")]
    [InlineData("""{"choices":[{"index":0,"message":{"content":"a chat"},"finish_reason":"stop"}]}""")]
    [InlineData("""{"error":{"message":"busy"}}""")]
    [InlineData("")]
    public async Task Answer_WithoutEmbeddings_IsFollowedByTheNextProvider(string body)
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

    [Fact]
    public async Task Embeddings_Streamed_AreRefused()
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(200, Answer));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.AskAsync(Route, """{"model":"m","input":"hi","stream":true}""");

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.ErrorAsync()).Value("param").ShouldBe("stream");
        upstream.Requests.ShouldBeEmpty();
    }
}
