using FreeGpt4.Tests.Infrastructure;
using FreeGpt4.Tests.LlmApi.Messages;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Tokens;

/// <summary>Tens of megabytes that most replicas never need.</summary>
public sealed class VocabularyTests
{
    [Fact]
    public async Task Vocabulary_IsLoadedByTheFirstCount_AndByNothingBefore()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("What a process has loaded is read from /proc.");
        }

        await using var upstream = await UpstreamServer.StartAsync(context =>
            (context.Request.Headers.Accept == "text/event-stream" ? Events("stream-usage.sse") : Json("answer-complete.json"))(context));
        await using var api = ServiceProcess.Start(
            "FreeGpt4.LlmApi", ("ASPNETCORE_URLS", "http://127.0.0.1:0"), ("CUSTOM_BASE_URL", upstream.BaseUrl));
        using var client = new HttpClient { BaseAddress = await api.AddressAsync() };

        await FinishAsync(client.ChatAsync(ChatRequests.Body()));
        await FinishAsync(client.ChatAsync(ChatRequests.Body(stream: true)));
        await FinishAsync(client.ChatAsync(ChatRequests.Body(stream: true, includeUsage: true)));
        await FinishAsync(client.MessageAsync(MessageRequests.Body()));
        await FinishAsync(client.MessageAsync(MessageRequests.Body(",\"stream\":true")));
        Loaded(api.Id).ShouldBeEmpty();

        await FinishAsync(client.MessageAsync(MessageRequests.Body(), "/v1/messages/count_tokens"));
        Loaded(api.Id).ShouldNotBeEmpty();
    }

    private static IReadOnlyList<string> Loaded(int process) =>
        [.. File.ReadLines($"/proc/{process}/maps").Where(line => line.Contains("Microsoft.ML.Tokenizers", StringComparison.Ordinal))];

    private static async Task FinishAsync(Task<HttpResponseMessage> asking)
    {
        using var response = await asking;
        (await response.TextAsync()).ShouldNotBeEmpty();
        response.EnsureSuccessStatusCode();
    }
}
