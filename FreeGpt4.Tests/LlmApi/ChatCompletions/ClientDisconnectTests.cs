using System.Net.Http.Headers;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.ChatCompletions;

public sealed class ClientDisconnectTests
{

    private readonly TaskCompletionSource _asked = new();
    private readonly TaskCompletionSource _cancelled = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Client_ThatLeavesBeforeTheAnswer_StopsTheUpstream(bool stream)
    {
        await using var upstream = await UpstreamServer.StartAsync(ThinkAsync);
        await using var api = new LlmApiFactory(upstream, demo: true);
        using var client = api.CreateClient();
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var content = new StringContent(ChatRequests.Body(stream), new MediaTypeHeaderValue("application/json"));
        var answer = client.PostAsync(new Uri(ChatRequests.Route, UriKind.Relative), content, leave.Token);
        await _asked.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);

        await leave.CancelAsync();

        await _cancelled.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        await Should.ThrowAsync<OperationCanceledException>(answer);
        upstream.Chats.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Client_ThatLeavesInTheMiddle_StopsTheUpstream()
    {
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            await SendAsync(context, "stream-cut.sse");
            await ThinkAsync(context);
        });
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();
        using (var response = await client.ChatAsync(ChatRequests.Body(stream: true)))
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
            (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldNotBeNull().ShouldContain("Once");
            _cancelled.Task.IsCompleted.ShouldBeFalse();
        }

        await _cancelled.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
    }

    private async Task ThinkAsync(HttpContext context)
    {
        _asked.TrySetResult();
        await GoneAsync(context);
        _cancelled.TrySetResult();
    }
}
