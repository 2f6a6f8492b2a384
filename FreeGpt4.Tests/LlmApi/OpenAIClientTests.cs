using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi;

/// <summary>OpenAI's own client takes what the API sends.</summary>
public sealed class OpenAIClientTests
{
    private static readonly ChatMessage[] Question = [new UserChatMessage("Why is the sky blue?")];

    [Theory]
    [InlineData("answer-complete.json", "Grüße, 世界 — 1/2")]
    [InlineData("answer-lean.json", "lean")]
    public async Task Chat_InOnePiece_IsRead(string bundle, string text)
    {
        await using var upstream = await UpstreamServer.StartAsync(Json(bundle));
        await using var api = new LlmApiFactory(upstream);

        ChatCompletion answer = await Client(api).GetChatClient("gpt-4o")
            .CompleteChatAsync(Question, cancellationToken: TestContext.Current.CancellationToken);

        answer.Content[0].Text.ShouldBe(text);
        answer.FinishReason.ShouldBe(ChatFinishReason.Stop);
    }

    [Theory]
    [InlineData("stream-complete.sse", "Grüße, 世界 🚀", 20)]
    [InlineData("stream-usage.sse", "Grüße, 世界 🚀", 13)]
    [InlineData("stream-usage-early.sse", "Hi", 2)]
    [InlineData("stream-messy.sse", "Größe 😀!", 0)]
    public async Task Chat_Streamed_IsRead(string bundle, string text, int? tokens)
    {
        await using var upstream = await UpstreamServer.StartAsync(Events(bundle));
        await using var api = new LlmApiFactory(upstream);

        var chunks = await Client(api).GetChatClient("gpt-4o")
            .CompleteChatStreamingAsync(Question, cancellationToken: TestContext.Current.CancellationToken)
            .ToListAsync(TestContext.Current.CancellationToken);

        string.Concat(chunks.SelectMany(chunk => chunk.ContentUpdate).Select(part => part.Text)).ShouldBe(text);
        chunks.Select(chunk => chunk.CompletionId).Distinct().Count().ShouldBe(1);
        chunks.Select(chunk => chunk.FinishReason).OfType<ChatFinishReason>().ShouldBe([ChatFinishReason.Stop]);

        // This client always asks for usage.
        (chunks.LastOrDefault(chunk => chunk.Usage is not null)?.Usage.TotalTokenCount).ShouldBe(tokens);
    }

    [Fact]
    public async Task ToolCalls_InBothWays_AreRead()
    {
        await using var upstream = await UpstreamServer.StartAsync(context =>
            (context.Request.Headers.Accept == "text/event-stream" ? Events("stream-tool-calls.sse") : Json("answer-tool-calls.json"))(context));
        await using var api = new LlmApiFactory(upstream);
        var chat = Client(api).GetChatClient("gpt-4o");
        var options = new ChatCompletionOptions { Tools = { ChatTool.CreateFunctionTool("get_weather") } };

        ChatCompletion answer = await chat.CompleteChatAsync(Question, options, TestContext.Current.CancellationToken);
        var chunks = await chat.CompleteChatStreamingAsync(Question, options, TestContext.Current.CancellationToken)
            .ToListAsync(TestContext.Current.CancellationToken);

        answer.FinishReason.ShouldBe(ChatFinishReason.ToolCalls);
        answer.ToolCalls.ShouldHaveSingleItem().FunctionArguments.ToString().ShouldBe("{\"city\":\"Oslo\"}");
        string.Concat(chunks.SelectMany(chunk => chunk.ToolCallUpdates).Select(call => $"{call.FunctionArgumentsUpdate}"))
            .ShouldBe("{\"city\":\"Oslo\"}");
    }

    [Fact]
    public async Task Demo_AsksForNothing_AndSaysThatItIsADemo()
    {
        await using var api = new LlmApiFactory(demo: true);
        var chat = Client(api).GetChatClient("gpt-4o");

        ChatCompletion answer = await chat.CompleteChatAsync(Question, cancellationToken: TestContext.Current.CancellationToken);
        var chunks = await chat.CompleteChatStreamingAsync(Question, cancellationToken: TestContext.Current.CancellationToken)
            .ToListAsync(TestContext.Current.CancellationToken);

        answer.Content[0].Text.ShouldContain("demo");
        answer.Content[0].Text.ShouldContain("Why is the sky blue?");
        string.Concat(chunks.SelectMany(chunk => chunk.ContentUpdate).Select(part => part.Text)).ShouldBe(answer.Content[0].Text);
        chunks.Count.ShouldBeGreaterThan(5);
        chunks[^1].Usage.TotalTokenCount.ShouldBe(answer.Usage.TotalTokenCount);
    }

    [Fact]
    public async Task Embeddings_OfTexts_AreRead()
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(200, """
            {"object":"list","data":[{"object":"embedding","index":0,"embedding":"AACAPwAAAMA="},{"object":"embedding","index":1,"embedding":"AAAAPwAAAAA="}],
             "model":"m-1","usage":{"prompt_tokens":2,"total_tokens":2}}
            """));
        await using var api = new LlmApiFactory(upstream);
        var client = Client(api).GetEmbeddingClient("text-embedding-3-small");

        OpenAIEmbeddingCollection embeddings = await client.GenerateEmbeddingsAsync(
            ["a", "b"], new EmbeddingGenerationOptions { Dimensions = 2 }, TestContext.Current.CancellationToken);

        embeddings.Select(embedding => embedding.ToFloats().ToArray()).ShouldBe([[1f, -2f], [0.5f, 0f]]);
        embeddings.Usage.TotalTokenCount.ShouldBe(2);
        var asked = JsonNode.Parse(upstream.Requests.ShouldHaveSingleItem().Body);
        asked.Value("encoding_format").ShouldBe("base64");
        asked.Value("dimensions").ShouldBe("2");
    }

    [Theory]
    [InlineData("""{"data":[{"embedding":"AACAPwAAAMA="}]}""")]
    [InlineData("""{"data":[{"embedding":[1,-2.0]}]}""")]
    public async Task Embedding_FromALeanServer_IsRead(string answer)
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(200, answer));
        await using var api = new LlmApiFactory(upstream);

        OpenAIEmbedding embedding = await Client(api).GetEmbeddingClient("m")
            .GenerateEmbeddingAsync("a", cancellationToken: TestContext.Current.CancellationToken);

        embedding.ToFloats().ToArray().ShouldBe([1f, -2f]);
    }

    [Fact]
    public async Task Models_AreListedAndFound()
    {
        await using var api = new LlmApiFactory(settings: [("CUSTOM_BASE_URL", "http://127.0.0.1:9/v1"), ("CUSTOM_MODELS", "a/b")]);
        var models = Client(api).GetOpenAIModelClient();

        var list = await models.GetModelsAsync(TestContext.Current.CancellationToken);
        var model = await models.GetModelAsync("a/b", TestContext.Current.CancellationToken);

        list.Value.Select(known => known.Id).ShouldBe(["auto", "gpt-4", "gpt-4o", "gpt-4o-mini", "a/b"]);
        model.Value.OwnedBy.ShouldBe("Custom");
    }

    [Fact]
    public async Task Errors_ComeAsTheClientsOwnException()
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(400, """{"error":{"message":"too long","type":"invalid_request_error"}}"""));
        await using var api = new LlmApiFactory(upstream);

        var error = await Should.ThrowAsync<ClientResultException>(() => Client(api).GetChatClient("gpt-4o")
            .CompleteChatAsync(Question, cancellationToken: TestContext.Current.CancellationToken));

        error.Status.ShouldBe(400);
        error.Message.ShouldContain("too long");
    }

    private static OpenAIClient Client(LlmApiFactory api)
    {
        using var http = api.CreateClient();
        return new(
            new ApiKeyCredential("unused"),
            new OpenAIClientOptions { Endpoint = new Uri(http.BaseAddress.ShouldNotBeNull(), "/v1"), RetryPolicy = new ClientRetryPolicy(0) });
    }
}
