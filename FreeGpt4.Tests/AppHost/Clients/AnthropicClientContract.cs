using System.Text.Json;
using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Models.Messages;

namespace FreeGpt4.Tests.AppHost.Clients;

/// <summary>Anthropic's own .NET client against the running cluster, configured with its address and nothing else.</summary>
public abstract class AnthropicClientContract(ModelClusterFixture cluster)
{
    private static readonly Tool Weather = new()
    {
        Name = "get_weather",
        InputSchema = new() { Properties = new Dictionary<string, JsonElement> { ["city"] = JsonElement.Parse("""{"type":"string"}""") } },
    };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Message_Whole_IsAnswered()
    {
        using var client = await ClientAsync();

        var message = await client.Messages.Create(Ask(new UserMessageParam("grüß dich 😀")), Cancelled);

        TextIn(message).ShouldBe("You said: grüß dich 😀");
        message.StopReason.ShouldNotBeNull().Value().ShouldBe(StopReason.EndTurn);
        (message.Usage.InputTokens, message.Usage.OutputTokens).ShouldBe((1, 2));
    }

    [Fact]
    public async Task Message_Streamed_ArrivesInPieces()
    {
        using var client = await ClientAsync();

        var events = await client.Messages.CreateStreaming(Ask(new UserMessageParam("one two three")), Cancelled).ToListAsync(Cancelled);

        string.Concat(events.Select(TextIn)).ShouldBe("You said: one two three");
        events.Count.ShouldBeGreaterThan(5);
        events[^1].TryPickStop(out _).ShouldBeTrue();
    }

    [Fact]
    public async Task Tool_CalledAndAnswered_GivesAnAnswer()
    {
        using var client = await ClientAsync();
        var question = new UserMessageParam("weather?");

        var asked = await client.Messages.Create(Ask(question) with { Tools = [Weather] }, Cancelled);
        asked.Content.ShouldHaveSingleItem().TryPickToolUse(out var call).ShouldBeTrue();
        var answer = await client.Messages.Create(
            Ask(
                question,
                new AssistantMessageParam(new List<ContentBlockParam>
                {
                    new ToolUseBlockParam { ID = call.ShouldNotBeNull().ID, Name = call.Name, Input = call.Input },
                }),
                new UserMessageParam(new List<ContentBlockParam> { new ToolResultBlockParam(call.ID) { Content = "sunny" } }))
                with { Tools = [Weather] },
            Cancelled);

        asked.StopReason.ShouldNotBeNull().Value().ShouldBe(StopReason.ToolUse);
        call.Input["city"].GetString().ShouldBe("Zürich");
        TextIn(answer).ShouldBe("The tool says sunny.");
    }

    [Fact]
    public async Task Image_BesideText_ReachesTheModel()
    {
        using var client = await ClientAsync();

        var message = await client.Messages.Create(
            Ask(new UserMessageParam(new List<ContentBlockParam>
            {
                new TextBlockParam("what?"),
                new ImageBlockParam(new Base64ImageSource { Data = "AQID", MediaType = MediaType.ImagePng }),
            })),
            Cancelled);

        TextIn(message).ShouldBe("text what?+image data:image/png;base64,AQID");
    }

    [Fact]
    public async Task Tokens_OfAMessage_AreCounted()
    {
        using var client = await ClientAsync();

        var count = await client.Messages.CountTokens(
            new MessageCountTokensParams { Model = "claude-sonnet-4-5", Messages = [new UserMessageParam("hello world")] }, Cancelled);

        count.InputTokens.ShouldBeInRange(2, 20);
    }

    [Fact]
    public async Task Error_OfTheModel_IsTheClientsException()
    {
        using var client = await ClientAsync();

        var error = await Should.ThrowAsync<AnthropicBadRequestException>(
            () => client.Messages.Create(Ask(new UserMessageParam("fail")), Cancelled));

        error.ResponseBody.ShouldContain("refuses the word fail");
    }

    private static MessageCreateParams Ask(params MessageParam[] messages) =>
        new() { Model = "claude-sonnet-4-5", MaxTokens = 100, Messages = messages };

    private static string TextIn(Message message) =>
        message.Content.ShouldHaveSingleItem().TryPickText(out var block) ? block.Text : "";

    private static string TextIn(RawMessageStreamEvent update) =>
        update.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickText(out var text) ? text.Text : "";

    private async Task<AnthropicClient> ClientAsync() =>
        new() { ApiKey = "unused", BaseUrl = (await cluster.EdgeUrlAsync()).AbsoluteUri.TrimEnd('/'), MaxRetries = 0 };
}

[Collection(ProxyModelCluster.Name)]
public sealed class AnthropicClientThroughProxyTests(ProxyModelCluster cluster) : AnthropicClientContract(cluster);

[Collection(NginxModelCluster.Name)]
public sealed class AnthropicClientThroughNginxTests(NginxModelCluster cluster) : AnthropicClientContract(cluster);
