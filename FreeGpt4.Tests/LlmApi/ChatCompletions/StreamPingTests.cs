using System.Net;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.ChatCompletions;

public sealed class StreamPingTests
{
    private readonly TaskCompletionSource _pinged = new();

    [Fact]
    public async Task Stream_WhoseFirstTokenIsSlow_IsPingedUntilItComes()
    {
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            await _pinged.Task.WaitAsync(context.RequestAborted);
            await Events("stream-complete.sse")(context);
        });

        var text = await ReadAsync(upstream);

        text.ShouldStartWith(": ping\n\n");
        text.Replace(": ping\n\n", "", StringComparison.Ordinal).ShouldBe(BundleText("stream-complete.sse"));
    }

    [Fact]
    public async Task Stream_ThatPausesInTheMiddle_IsPingedUntilItGoesOn()
    {
        var whole = BundleText("stream-complete.sse");
        var middle = whole.IndexOf("data:", whole.Length / 2, StringComparison.Ordinal);
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(whole[..middle], context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await _pinged.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync(whole[middle..], context.RequestAborted);
        });

        var text = await ReadAsync(upstream, after: whole[..middle].TrimEnd('\n').Split('\n')[^1]);

        text.ShouldContain(": ping\n\n");
        text.Replace(": ping\n\n", "", StringComparison.Ordinal).ShouldBe(whole);
    }

    [Fact]
    public async Task Failure_AfterTheFirstPing_IsAnErrorFrame()
    {
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            await _pinged.Task.WaitAsync(context.RequestAborted);
            await Status(500, "{}")(context);
        });

        var text = await ReadAsync(upstream);

        text.ShouldNotContain("[DONE]");
        var error = ChatRequests.ErrorIn(ChatRequests.Frames(text).ShouldHaveSingleItem());
        error.Value("code").ShouldBe("no_provider_answered");
        error.Value("message").ShouldNotBeNull().ShouldContain("Custom failed (HTTP 500)");
    }

    /// <param name="after">The line after which a ping counts; earlier ones may come on a slow machine.</param>
    private async Task<string> ReadAsync(UpstreamServer upstream, string? after = null)
    {
        await using var api = new LlmApiFactory(upstream, settings: [("STREAM_PING_INTERVAL", "50ms")]);
        using var client = api.CreateClient();
        using var response = await client.ChatAsync(ChatRequests.Body(stream: true));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.ContentType().ShouldBe("text/event-stream; charset=utf-8");
        var counts = after is null;
        return await response.ReadLinesAsync(line =>
        {
            counts |= line == after;
            if (counts && line == ": ping")
            {
                _pinged.TrySetResult();
            }
        });
    }
}
