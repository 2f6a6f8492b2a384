using System.Text.Json;
using System.Text.Json.Nodes;
using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Models;
using Anthropic.Models.Messages;
using FreeGpt4.Tests.Infrastructure;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Messages;

/// <summary>Anthropic's own client takes what the API sends, and checks that all is there that the schema requires.</summary>
public sealed class AnthropicClientTests
{
    private static readonly Tool Weather = new()
    {
        Name = "get_weather",
        Description = "The weather in a city",
        InputSchema = new() { Properties = new Dictionary<string, JsonElement> { ["city"] = JsonElement.Parse("""{"type":"string"}""") } },
    };

    [Theory]
    [InlineData("answer-complete.json", "Grüße, 世界 — 1/2", 9, 12)]
    [InlineData("answer-lean.json", "lean", null, null)]
    public async Task Message_InOnePiece_IsRead(string bundle, string text, int? input, int? output)
    {
        await using var upstream = await UpstreamServer.StartAsync(Json(bundle));
        await using var api = new LlmApiFactory(upstream);
        using var client = Client(api);

        var message = await client.Messages.Create(Ask(), TestContext.Current.CancellationToken);

        message.Content.ShouldHaveSingleItem().TryPickText(out var block).ShouldBeTrue();
        block.ShouldNotBeNull().Text.ShouldBe(text);
        message.ID.ShouldStartWith("msg_");
        message.StopReason.ShouldNotBeNull().Value().ShouldBe(StopReason.EndTurn);
        message.Usage.InputTokens.ShouldBeGreaterThan(0);
        message.Usage.OutputTokens.ShouldBeGreaterThan(0);
        if (input is not null)
        {
            (message.Usage.InputTokens, message.Usage.OutputTokens).ShouldBe((input.Value, output.GetValueOrDefault()));
        }
    }

    [Theory]
    [InlineData("stream-complete.sse", "Grüße, 世界 🚀")]
    [InlineData("stream-usage.sse", "Grüße, 世界 🚀")]
    [InlineData("stream-messy.sse", "Größe 😀!")]
    [InlineData("stream-usage-early.sse", "Hi")]
    public async Task Message_Streamed_IsRead(string bundle, string text)
    {
        await using var upstream = await UpstreamServer.StartAsync(Events(bundle));
        await using var api = new LlmApiFactory(upstream);
        using var client = Client(api);

        var events = await client.Messages.CreateStreaming(Ask(), TestContext.Current.CancellationToken)
            .ToListAsync(TestContext.Current.CancellationToken);

        string.Concat(events.Select(TextOf)).ShouldBe(text);
        events.Count(e => e.TryPickStart(out _)).ShouldBe(1);
        events[^1].TryPickStop(out _).ShouldBeTrue();
        events[^2].TryPickDelta(out var end).ShouldBeTrue();
        end.ShouldNotBeNull().Usage.OutputTokens.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Tools_GoThereAndBack()
    {
        await using var upstream = await UpstreamServer.StartAsync(context =>
            (context.Request.Headers.Accept == "text/event-stream" ? Events("stream-tool-calls.sse") : Json("answer-tool-calls.json"))(context));
        await using var api = new LlmApiFactory(upstream);
        using var client = Client(api);
        var ask = Ask() with { Tools = [Weather], ToolChoice = new ToolChoiceAny { DisableParallelToolUse = true } };

        var message = await client.Messages.Create(ask, TestContext.Current.CancellationToken);
        var events = await client.Messages.CreateStreaming(ask, TestContext.Current.CancellationToken)
            .ToListAsync(TestContext.Current.CancellationToken);

        message.StopReason.ShouldNotBeNull().Value().ShouldBe(StopReason.ToolUse);
        message.Content.ShouldHaveSingleItem().TryPickToolUse(out var call).ShouldBeTrue();
        call.ShouldNotBeNull().ID.ShouldBe("call_a1");
        call.Name.ShouldBe("get_weather");
        call.Input["city"].GetString().ShouldBe("Oslo");
        string.Concat(events.Select(InputOf)).ShouldBe("""{"city":"Oslo"}""");
        JsonNode.Parse(upstream.Chats[0].Body)?["parallel_tool_calls"].Value().ShouldBe("false");
    }

    [Fact]
    public async Task Conversation_WithAnImageAndAToolRound_IsTaken()
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream);
        using var client = Client(api);
        var ask = Ask() with
        {
            Tools = [Weather],
            Messages =
            [
                new UserMessageParam(new List<ContentBlockParam>
                {
                    new ImageBlockParam(new Base64ImageSource { Data = "iVBORw==", MediaType = MediaType.ImagePng }),
                    new TextBlockParam("Where is this?"),
                }),
                new AssistantMessageParam(new List<ContentBlockParam>
                {
                    new ToolUseBlockParam
                    {
                        ID = "call_1", Name = "get_weather", Input = new Dictionary<string, JsonElement> { ["city"] = JsonElement.Parse("\"Oslo\"") },
                    },
                }),
                new UserMessageParam(new List<ContentBlockParam> { new ToolResultBlockParam("call_1") { Content = "Rain." } }),
            ],
        };

        await client.Messages.Create(ask, TestContext.Current.CancellationToken);

        var messages = JsonNode.Parse(upstream.Chats.ShouldHaveSingleItem().Body)?["messages"].ShouldNotBeNull().AsArray();
        messages.ShouldNotBeNull().Select(message => message.Value("role")).ShouldBe(["system", "user", "assistant", "tool"]);
        messages[1].Value("content", 0, "image_url", "url").ShouldBe("data:image/png;base64,iVBORw==");
        messages[2].Value("tool_calls", 0, "function", "arguments").ShouldBe("""{"city":"Oslo"}""");
        messages[3].Value("content").ShouldBe("Rain.");
    }

    [Fact]
    public async Task Tokens_AreCounted()
    {
        await using var api = new LlmApiFactory();
        using var client = Client(api);

        var count = await client.Messages.CountTokens(
            new MessageCountTokensParams { Model = "claude-sonnet-4-5", Messages = [new UserMessageParam("hello world")] },
            TestContext.Current.CancellationToken);

        count.InputTokens.ShouldBe(9);
    }

    [Fact]
    public async Task Models_AreListed()
    {
        await using var api = new LlmApiFactory(settings: [("CUSTOM_BASE_URL", "http://127.0.0.1:9/v1"), ("CUSTOM_MODELS", "a/b")]);
        using var client = Client(api);

        var page = await client.Models.List(cancellationToken: TestContext.Current.CancellationToken);
        var model = await client.Models.Retrieve("auto", cancellationToken: TestContext.Current.CancellationToken);

        page.Items.Select(known => known.ID).ShouldBe(["auto", "gpt-4", "gpt-4o", "gpt-4o-mini", "a/b"]);
        page.Items[^1].CreatedAt.ShouldBe(DateTimeOffset.UnixEpoch);
        model.DisplayName.ShouldBe("auto");
    }

    [Fact]
    public async Task Errors_ComeAsTheClientsOwnExceptions()
    {
        await using var busy = await UpstreamServer.StartAsync(Status(500, "{}"));
        await using var wrong = await UpstreamServer.StartAsync(Status(400, """{"error":{"message":"too long"}}"""));
        await using var broken = await UpstreamServer.StartAsync(Events("stream-cut.sse"));
        await using var busyApi = new LlmApiFactory(busy);
        await using var wrongApi = new LlmApiFactory(wrong);
        await using var brokenApi = new LlmApiFactory(broken);
        using var busyClient = Client(busyApi);
        using var wrongClient = Client(wrongApi);
        using var brokenClient = Client(brokenApi);

        var overloaded = await Should.ThrowAsync<Anthropic5xxException>(() => busyClient.Messages.Create(Ask(), TestContext.Current.CancellationToken));
        var refused = await Should.ThrowAsync<AnthropicBadRequestException>(() => wrongClient.Messages.Create(Ask(), TestContext.Current.CancellationToken));
        var cut = await Should.ThrowAsync<AnthropicSseException>(async () =>
            await brokenClient.Messages.CreateStreaming(Ask(), TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken));

        ((int)overloaded.StatusCode).ShouldBe(529);
        overloaded.Type.ShouldNotBeNull().Value().ShouldBe(ErrorType.OverloadedError);
        refused.Type.ShouldNotBeNull().Value().ShouldBe(ErrorType.InvalidRequestError);
        refused.ResponseBody.ShouldContain("too long");
        cut.Type.ShouldNotBeNull().Value().ShouldBe(ErrorType.ApiError);
    }

    private static string? TextOf(RawMessageStreamEvent e) =>
        e.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickText(out var text) ? text.Text : null;

    private static string? InputOf(RawMessageStreamEvent e) =>
        e.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickInputJson(out var json) ? json.PartialJson : null;

    private static MessageCreateParams Ask() => new()
    {
        Model = "claude-sonnet-4-5",
        MaxTokens = 100,
        System = "Be brief.",
        Messages = [new UserMessageParam("Why is the sky blue?")],
    };

    private static AnthropicClient Client(LlmApiFactory api)
    {
        using var http = api.CreateClient();
        return new() { ApiKey = "unused", BaseUrl = $"{http.BaseAddress}".TrimEnd('/'), MaxRetries = 0, ResponseValidation = true };
    }
}
