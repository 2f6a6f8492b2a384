using System.ClientModel;
using OpenAI;
using OpenAI.Chat;

namespace FreeGpt4.Tests.AppHost;

/// <summary>OpenAI's own .NET client against the running cluster, configured with its address and nothing else.</summary>
[Collection(ClusterFixture.Name)]
public sealed class OfficialClientTests(ClusterFixture cluster)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CompleteChat_ThroughTheEdge_Answers()
    {
        ChatCompletion completion = await Client().CompleteChatAsync([ChatMessage.CreateUserMessage("hi")], cancellationToken: Cancelled);

        completion.Content[0].Text.ShouldContain("demo", Case.Insensitive);
        completion.FinishReason.ShouldBe(ChatFinishReason.Stop);
    }

    [Fact]
    public async Task CompleteChatStreaming_ThroughTheEdge_ArrivesInSeveralUpdates()
    {
        var text = "";
        var updates = 0;
        ChatFinishReason? finished = null;

        await foreach (var update in Client().CompleteChatStreamingAsync([ChatMessage.CreateUserMessage("hi")], cancellationToken: Cancelled))
        {
            updates++;
            text += string.Concat(update.ContentUpdate.Select(part => part.Text));
            finished ??= update.FinishReason;
        }

        updates.ShouldBeGreaterThan(2);
        text.ShouldContain("demo", Case.Insensitive);
        finished.ShouldBe(ChatFinishReason.Stop);
    }

    [Fact]
    public async Task GetModels_ThroughTheEdge_ListsModels()
    {
        var models = await new OpenAIClient(Key, Options()).GetOpenAIModelClient().GetModelsAsync(Cancelled);

        models.Value.Count.ShouldBeGreaterThan(0);
    }

    private static ApiKeyCredential Key => new("unused");

    private ChatClient Client() => new("gpt-4o", Key, Options());

    private OpenAIClientOptions Options() => new() { Endpoint = new Uri(cluster.EdgeUrl, "/v1") };
}
