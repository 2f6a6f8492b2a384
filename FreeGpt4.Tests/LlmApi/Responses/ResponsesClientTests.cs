// The whole ResponsesClient is marked experimental.
#pragma warning disable OPENAI001

using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using OpenAI.Responses;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;
using static FreeGpt4.Tests.LlmApi.Responses.ResponseRequests;

namespace FreeGpt4.Tests.LlmApi.Responses;

/// <summary>OpenAI's own client takes what the API sends, and what it sends is taken.</summary>
public sealed class ResponsesClientTests
{
    private const string ToolCall =
        """{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"Oslo\"}"}}]}""";

    [Fact]
    public async Task Text_InOnePiece_IsRead()
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream);

        ResponseResult response = await Client(api).CreateResponseAsync(
            "gpt-4o", "Why is the sky blue?", cancellationToken: TestContext.Current.CancellationToken);

        response.Status.ShouldBe(ResponseStatus.Completed);
        response.GetOutputText().ShouldBe("Grüße, 世界 — 1/2");
        response.OutputItems.Count.ShouldBe(2);
        response.OutputItems[0].ShouldBeOfType<ReasoningResponseItem>();
        response.Usage.TotalTokenCount.ShouldBe(21);
        response.Model.ShouldBe("gpt-4o-2024-08-06");
        response.PreviousResponseId.ShouldBeNull();
    }

    [Fact]
    public async Task Text_WithEveryOption_IsReadToo()
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream);
        var options = new CreateResponseOptions("gpt-4o", [ResponseItem.CreateUserMessageItem("hi")])
        {
            Instructions = "Be brief.",
            Temperature = 0.5f,
            TopP = 0.9f,
            MaxOutputTokenCount = 100,
            MaxToolCallCount = 1,
            EndUserId = "u",
            SafetyIdentifier = "s",
            StoredOutputEnabled = true,
            ParallelToolCallsEnabled = false,
            TruncationMode = ResponseTruncationMode.Auto,
            ServiceTier = ResponseServiceTier.Default,
            PromptCacheKey = "k",
            BackgroundModeEnabled = false,
            TopLogProbabilityCount = 1,
            ReasoningOptions = new() { ReasoningEffortLevel = ResponseReasoningEffortLevel.Low },
            Metadata = { ["a"] = "b" },
            ToolChoice = ResponseToolChoice.CreateAutoChoice(),
            Tools = { ResponseTool.CreateCustomTool("note") },
            IncludedProperties = { IncludedResponseProperty.ReasoningEncryptedContent },
        };

        ResponseResult response = await Client(api).CreateResponseAsync(options, TestContext.Current.CancellationToken);

        response.GetOutputText().ShouldBe("Grüße, 世界 — 1/2");
        response.Temperature.ShouldBe(0.5f);
        response.MaxOutputTokenCount.ShouldBe(100);
        response.Metadata["a"].ShouldBe("b");
        response.Tools.ShouldHaveSingleItem().ShouldBeOfType<CustomTool>();
        response.ReasoningOptions.ReasoningEffortLevel.ShouldBe(ResponseReasoningEffortLevel.Low);
        var chat = JsonNode.Parse(upstream.Chats.ShouldHaveSingleItem().Body);
        chat.Value("messages", 0, "content").ShouldBe("Be brief.");
        chat.Value("safety_identifier").ShouldBe("s");
    }

    [Theory]
    [InlineData("stream-complete.sse", "Grüße, 世界 🚀", 15)]
    [InlineData("stream-usage.sse", "Grüße, 世界 🚀", 13)]
    [InlineData("stream-messy.sse", "Größe 😀!", 13)]
    public async Task Text_Streamed_IsRead(string bundle, string text, int tokens)
    {
        await using var upstream = await UpstreamServer.StartAsync(UpstreamServerReplies.Events(bundle));
        await using var api = new LlmApiFactory(upstream);

        var updates = await StreamAsync(api, new("gpt-4o", [ResponseItem.CreateUserMessageItem("hi")]));

        string.Concat(updates.OfType<StreamingResponseOutputTextDeltaUpdate>().Select(update => update.Delta)).ShouldBe(text);
        updates.Select(update => update.SequenceNumber).ShouldBe(Enumerable.Range(0, updates.Count));
        var response = updates[^1].ShouldBeOfType<StreamingResponseCompletedUpdate>().Response;
        response.GetOutputText().ShouldBe(text);
        response.Usage.TotalTokenCount.ShouldBe(tokens);
        updates[0].ShouldBeOfType<StreamingResponseCreatedUpdate>().Response.Id.ShouldBe(response.Id);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Tool_IsCalledAndAnswered(bool streamed)
    {
        await using var upstream = await UpstreamServer.StartAsync(context => (context.Request.Headers.Accept == "text/event-stream"
            ? UpstreamServerReplies.Body("text/event-stream", Stream("tool_calls", ToolCall))
            : Json("answer-tool-calls.json"))(context));
        await using var api = new LlmApiFactory(upstream);
        var tool = ResponseTool.CreateFunctionTool(
            "get_weather", BinaryData.FromString("""{"type":"object"}"""), strictModeEnabled: true, "Weather of a city");
        var options = new CreateResponseOptions("gpt-4o", [ResponseItem.CreateUserMessageItem("hi")]) { Tools = { tool } };

        var items = streamed
            ? (await StreamAsync(api, options))[^1].ShouldBeOfType<StreamingResponseCompletedUpdate>().Response.OutputItems
            : (await Client(api).CreateResponseAsync(options, TestContext.Current.CancellationToken)).Value.OutputItems;
        var call = items.ShouldHaveSingleItem().ShouldBeOfType<FunctionCallResponseItem>();
        options.InputItems.Add(call);
        options.InputItems.Add(ResponseItem.CreateFunctionCallOutputItem(call.CallId, "5 °C"));
        await Client(api).CreateResponseAsync(
            new CreateResponseOptions("gpt-4o", options.InputItems) { Tools = { tool } }, TestContext.Current.CancellationToken);

        call.FunctionName.ShouldBe("get_weather");
        call.FunctionArguments.ToString().ShouldBe("{\"city\":\"Oslo\"}");
        var chat = JsonNode.Parse(upstream.Chats[^1].Body);
        chat.Value("tools", 0, "function", "strict").ShouldBe("true");
        chat.Value("messages", 1, "tool_calls", 0, "function", "arguments").ShouldBe("{\"city\":\"Oslo\"}");
        chat.Value("messages", 2, "tool_call_id").ShouldBe(call.CallId);
        chat.Value("messages", 2, "content").ShouldBe("5 °C");
    }

    [Fact]
    public async Task JsonSchema_AndImage_ReachTheUpstream()
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream);
        var options = new CreateResponseOptions(
            "gpt-4o",
            [
                ResponseItem.CreateUserMessageItem(
                [
                    ResponseContentPart.CreateInputTextPart("What is this?"),
                    ResponseContentPart.CreateInputImagePart(BinaryData.FromBytes([(byte)1], "image/png"), ResponseImageDetailLevel.Low),
                ]),
            ])
        {
            TextOptions = new()
            {
                TextFormat = ResponseTextFormat.CreateJsonSchemaFormat(
                    "thing", BinaryData.FromString("""{"type":"object"}"""), jsonSchemaIsStrict: true),
            },
        };

        ResponseResult response = await Client(api).CreateResponseAsync(options, TestContext.Current.CancellationToken);

        response.TextOptions.TextFormat.Kind.ShouldBe(ResponseTextFormatKind.JsonSchema);
        var chat = JsonNode.Parse(upstream.Chats.ShouldHaveSingleItem().Body);
        chat.Value("messages", 0, "content", 1, "image_url", "url").ShouldBe("data:image/png;base64,AQ==");
        chat.Value("messages", 0, "content", 1, "image_url", "detail").ShouldBe("low");
        chat?["response_format"].ShouldBeJson(
            """{"type":"json_schema","json_schema":{"name":"thing","schema":{"type":"object"},"strict":true}}""");
    }

    [Fact]
    public async Task Errors_ComeAsTheClientsOwnException()
    {
        await using var api = new LlmApiFactory(demo: true);
        var client = Client(api);

        var refused = await Should.ThrowAsync<ClientResultException>(() => client.CreateResponseAsync(
            "gpt-4o", "hi", previousResponseId: "resp_1", TestContext.Current.CancellationToken));
        var missing = await Should.ThrowAsync<ClientResultException>(() =>
            client.GetResponseAsync("resp_1", TestContext.Current.CancellationToken));

        refused.Status.ShouldBe(400);
        refused.Message.ShouldContain("previous_response_id");
        missing.Status.ShouldBe(404);
        missing.Message.ShouldContain("resp_1");
    }

    [Fact]
    public async Task Stream_ThatBreaksOff_IsAFailedUpdate()
    {
        await using var upstream = await UpstreamServer.StartAsync(UpstreamServerReplies.Events("stream-cut.sse"));
        await using var api = new LlmApiFactory(upstream);

        var updates = await StreamAsync(api, new("gpt-4o", [ResponseItem.CreateUserMessageItem("hi")]));

        updates[^2].ShouldBeOfType<StreamingResponseErrorUpdate>().Code.ShouldBe("upstream_error");
        var response = updates[^1].ShouldBeOfType<StreamingResponseFailedUpdate>().Response;
        response.Status.ShouldBe(ResponseStatus.Failed);
        response.Error.Code.ShouldBe(ResponseErrorCode.ServerError);
    }

    private static async Task<IReadOnlyList<StreamingResponseUpdate>> StreamAsync(LlmApiFactory api, CreateResponseOptions options)
    {
        options.StreamingEnabled = true;
        var updates = await Client(api).CreateResponseStreamingAsync(options, TestContext.Current.CancellationToken);
        return await updates.ToListAsync(TestContext.Current.CancellationToken);
    }

    private static ResponsesClient Client(LlmApiFactory api)
    {
        using var http = api.CreateClient();
        return new(
            new ApiKeyCredential("unused"),
            new ResponsesClientOptions
            {
                Endpoint = new Uri(http.BaseAddress.ShouldNotBeNull(), "/v1"),
                RetryPolicy = new ClientRetryPolicy(0),
            });
    }
}
