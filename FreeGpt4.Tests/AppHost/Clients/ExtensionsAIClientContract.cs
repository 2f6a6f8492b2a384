using System.ClientModel;
using System.ComponentModel;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;
using OpenAI;

namespace FreeGpt4.Tests.AppHost.Clients;

/// <summary>Microsoft.Extensions.AI over OpenAI's client against the running cluster.</summary>
public abstract class ExtensionsAIClientContract(ModelClusterFixture cluster)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Chat_WholeAndStreamed_IsTheSame()
    {
        using var chat = await ChatAsync();

        var whole = await chat.GetResponseAsync("one two", cancellationToken: Cancelled);
        var updates = await chat.GetStreamingResponseAsync("one two", cancellationToken: Cancelled).ToListAsync(Cancelled);

        whole.Text.ShouldBe("You said: one two");
        updates.ToChatResponse().Text.ShouldBe(whole.Text);
        whole.Usage.ShouldNotBeNull().TotalTokenCount.ShouldBe(3);
        updates.ToChatResponse().Usage.ShouldNotBeNull().TotalTokenCount.ShouldBe(3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Function_OfTheCaller_IsInvoked(bool stream)
    {
        var cities = new List<string>();
        using var chat = (await ChatAsync()).AsBuilder().UseFunctionInvocation().Build();
        var options = new ChatOptions { Tools = [AIFunctionFactory.Create(Weather)] };

        var answer = stream
            ? (await chat.GetStreamingResponseAsync("weather?", options, Cancelled).ToListAsync(Cancelled)).ToChatResponse()
            : await chat.GetResponseAsync("weather?", options, Cancelled);

        cities.ShouldBe(["Zürich"]);
        answer.Text.ShouldEndWith("The tool says \"sunny\".");

        [Description("The weather in a city")]
        string Weather(string city)
        {
            cities.Add(city);
            return "sunny";
        }
    }

    [Fact]
    public async Task Answer_OfAType_IsRead()
    {
        using var chat = await ChatAsync();

        var answer = await chat.GetResponseAsync<City>("a city", cancellationToken: Cancelled);

        answer.Result.ShouldBe(new City("Zürich", 443037));
    }

    [Fact]
    public async Task Image_BesideText_ReachesTheModel()
    {
        using var chat = await ChatAsync();

        var answer = await chat.GetResponseAsync(
            new ChatMessage(ChatRole.User, [new TextContent("what?"), new DataContent(new byte[] { 1, 2, 3 }, "image/png")]),
            cancellationToken: Cancelled);

        answer.Text.ShouldBe("text what?+image data:image/png;base64,AQID");
    }

    [Fact]
    public async Task Embedding_OfAText_IsAVector()
    {
        using var embeddings = (await ClientAsync()).GetEmbeddingClient("tiny-1").AsIEmbeddingGenerator();

        var vector = await embeddings.GenerateVectorAsync("abc", cancellationToken: Cancelled);

        vector.ToArray().ShouldBe([3, 0]);
    }

    private async Task<IChatClient> ChatAsync() => (await ClientAsync()).GetChatClient("gpt-4o").AsIChatClient();

    private async Task<OpenAIClient> ClientAsync() => new(
        new ApiKeyCredential("unused"), new OpenAIClientOptions { Endpoint = new Uri(await cluster.EdgeUrlAsync(), "/v1") });

    private sealed record City([property: JsonPropertyName("city")] string Name, [property: JsonPropertyName("population")] int Population);
}

[Collection(ProxyModelCluster.Name)]
public sealed class ExtensionsAIClientThroughProxyTests(ProxyModelCluster cluster) : ExtensionsAIClientContract(cluster);

[Collection(NginxModelCluster.Name)]
public sealed class ExtensionsAIClientThroughNginxTests(NginxModelCluster cluster) : ExtensionsAIClientContract(cluster);
