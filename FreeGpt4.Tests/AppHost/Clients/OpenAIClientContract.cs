using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;

namespace FreeGpt4.Tests.AppHost.Clients;

/// <summary>OpenAI's own .NET client against the running cluster, configured with its address and nothing else.</summary>
public abstract class OpenAIClientContract(ModelClusterFixture cluster)
{
    private static readonly ChatTool Weather = ChatTool.CreateFunctionTool(
        "get_weather", "The weather in a city", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}}}"""));

    private static readonly ChatTool Time = ChatTool.CreateFunctionTool("get_time");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Chat_Whole_IsAnswered()
    {
        ChatCompletion answer = await (await ChatAsync()).CompleteChatAsync([new UserChatMessage("grüß dich 😀")], cancellationToken: Cancelled);

        answer.Content[0].Text.ShouldBe("You said: grüß dich 😀");
        answer.FinishReason.ShouldBe(ChatFinishReason.Stop);
        answer.Usage.TotalTokenCount.ShouldBe(3);
    }

    [Fact]
    public async Task Chat_Streamed_ArrivesInPiecesWithUsage()
    {
        var updates = await (await ChatAsync()).CompleteChatStreamingAsync([new UserChatMessage("one two three")], cancellationToken: Cancelled)
            .ToListAsync(Cancelled);

        string.Concat(updates.SelectMany(update => update.ContentUpdate).Select(part => part.Text)).ShouldBe("You said: one two three");
        updates.Count.ShouldBeGreaterThan(5);
        updates[^1].Usage.TotalTokenCount.ShouldBe(3);
    }

    [Fact]
    public async Task Tools_CalledInParallel_AndAnswered_GiveAnAnswer()
    {
        var chat = await ChatAsync();
        var options = new ChatCompletionOptions { Tools = { Weather, Time }, AllowParallelToolCalls = true };
        List<ChatMessage> messages = [new UserChatMessage("weather and time?")];

        ChatCompletion calls = await chat.CompleteChatAsync(messages, options, Cancelled);
        messages.Add(new AssistantChatMessage(calls));
        messages.AddRange(calls.ToolCalls.Select(call => new ToolChatMessage(call.Id, "sunny")));
        ChatCompletion answer = await chat.CompleteChatAsync(messages, options, Cancelled);

        calls.FinishReason.ShouldBe(ChatFinishReason.ToolCalls);
        calls.ToolCalls.Select(call => call.FunctionName).ShouldBe(["get_weather", "get_time"]);
        calls.ToolCalls[0].FunctionArguments.ToString().ShouldBe("""{"city":"Zürich"}""");
        answer.Content[0].Text.ShouldBe("The tool says sunny.");
    }

    [Fact]
    public async Task Tools_Streamed_AreCalledInPieces()
    {
        var updates = await (await ChatAsync())
            .CompleteChatStreamingAsync([new UserChatMessage("weather and time?")], new() { Tools = { Weather, Time } }, Cancelled)
            .ToListAsync(Cancelled);

        var calls = updates.SelectMany(update => update.ToolCallUpdates).GroupBy(call => call.Index).OrderBy(call => call.Key).ToList();
        calls.Select(call => call.First().FunctionName).ShouldBe(["get_weather", "get_time"]);
        calls.ShouldAllBe(call => string.Concat(call.Select(piece => $"{piece.FunctionArgumentsUpdate}")) == """{"city":"Zürich"}""");
    }

    [Fact]
    public async Task Answer_WithASchema_IsOfTheSchema()
    {
        var format = ChatResponseFormat.CreateJsonSchemaFormat(
            "city", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}}}"""), jsonSchemaIsStrict: true);

        ChatCompletion answer = await (await ChatAsync())
            .CompleteChatAsync([new UserChatMessage("a city")], new() { ResponseFormat = format }, Cancelled);

        JsonDocument.Parse(answer.Content[0].Text).RootElement.GetProperty("city").GetString().ShouldBe("Zürich");
    }

    [Fact]
    public async Task Image_BesideText_ReachesTheModel()
    {
        var picture = ChatMessageContentPart.CreateImagePart(BinaryData.FromBytes([1, 2, 3]), "image/png");

        ChatCompletion answer = await (await ChatAsync())
            .CompleteChatAsync([new UserChatMessage(ChatMessageContentPart.CreateTextPart("what?"), picture)], cancellationToken: Cancelled);

        answer.Content[0].Text.ShouldBe("text what?+image data:image/png;base64,AQID");
    }

    [Fact]
    public async Task Embeddings_OfSeveralTexts_AreInOrder()
    {
        var client = (await ClientAsync()).GetEmbeddingClient("tiny-1");

        var vectors = await client.GenerateEmbeddingsAsync(["a", "bcd"], cancellationToken: Cancelled);

        vectors.Value.Select(vector => vector.ToFloats().ToArray()).ShouldBe([[1, 0], [3, 1]]);
    }

    [Fact]
    public async Task Models_Listed_HaveTheUpstreams()
    {
        var models = await (await ClientAsync()).GetOpenAIModelClient().GetModelsAsync(Cancelled);

        models.Value.Select(model => model.Id).ShouldContain("tiny-1");
    }

    [Fact]
    public async Task Error_OfTheModel_IsTheClientsException()
    {
        var chat = await ChatAsync();

        var error = await Should.ThrowAsync<ClientResultException>(
            () => chat.CompleteChatAsync([new UserChatMessage("fail")], cancellationToken: Cancelled));

        error.Status.ShouldBe(400);
        error.Message.ShouldContain("refuses the word fail");
    }

    private async Task<ChatClient> ChatAsync() => (await ClientAsync()).GetChatClient("gpt-4o");

    private async Task<OpenAIClient> ClientAsync() => new(
        new ApiKeyCredential("unused"),
        new OpenAIClientOptions { Endpoint = new Uri(await cluster.EdgeUrlAsync(), "/v1"), RetryPolicy = new ClientRetryPolicy(0) });
}

[Collection(ProxyModelCluster.Name)]
public sealed class OpenAIClientThroughProxyTests(ProxyModelCluster cluster) : OpenAIClientContract(cluster);

[Collection(NginxModelCluster.Name)]
public sealed class OpenAIClientThroughNginxTests(NginxModelCluster cluster) : OpenAIClientContract(cluster);
