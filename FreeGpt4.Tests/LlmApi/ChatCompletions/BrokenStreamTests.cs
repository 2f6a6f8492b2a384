using System.Net;
using System.Text;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.ChatCompletions;

/// <summary>Once the caller has read a word of the answer, it is told the truth about the rest.</summary>
public sealed class BrokenStreamTests
{
    private readonly TaskCompletionSource _wasRead = new();

    private Dictionary<string, RequestDelegate> Replies => new()
    {
        ["closed"] = Events("stream-cut.sse"),
        ["reset"] = EventsThenReset(Bundle("stream-cut.sse"), _wasRead.Task),
        ["stalled"] = EventsThenStall("stream-cut.sse"),
        ["error"] = Events("stream-error-inside.sse"),
        ["error event"] = CutThen("event: error\ndata: {\"message\":\"secret-host:8443 exploded\"}\n\n"),
        ["rejection"] = CutThen("data: {\"error\":{\"code\":400,\"message\":\"too long\"}}\n\n"),
        ["not JSON"] = CutThen("data: <html>secret-host</html>\n\n"),
        ["half a chunk"] = CutThen("data: {\"id\":\"chatcmpl-S1\",\"choi"),
    };

    [Theory]
    [InlineData("closed", "upstream_error")]
    [InlineData("reset", "upstream_error")]
    [InlineData("stalled", "upstream_timeout")]
    [InlineData("error", "upstream_error")]
    [InlineData("error event", "upstream_error")]
    [InlineData("rejection", "400")]
    [InlineData("not JSON", "upstream_error")]
    [InlineData("half a chunk", "upstream_error")]
    public async Task Stream_ThatBreaksOff_EndsInAnErrorAndNotInAStop(string reply, string code)
    {
        await using var upstream = await UpstreamServer.StartAsync(Replies[reply]);
        await using var api = new LlmApiFactory(upstream, demo: true, settings: reply == "stalled" ? [("CUSTOM_INTER_TOKEN_TIMEOUT", "500ms")] : []);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(stream: true));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Header("x-freegpt4-provider").ShouldBe("Custom");
        var text = await response.ReadLinesAsync(line =>
        {
            if (line.Contains("upon", StringComparison.Ordinal))
            {
                _wasRead.TrySetResult();
            }
        });
        text.ShouldNotContain("[DONE]");
        text.ShouldNotContain("secret-host");
        var frames = ChatRequests.Frames(text);
        frames[0].Value("choices", 0, "delta", "content").ShouldBe("Once");
        frames.SkipLast(1).ShouldAllBe(frame => frame.Value("choices", 0, "finish_reason") == null);
        ChatRequests.ErrorIn(frames[^1]).Value("code").ShouldBe(code);
        upstream.Chats.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Stream_ThatEndsBeforeTheLastChoice_EndsInAnError()
    {
        await using var upstream = await UpstreamServer.StartAsync(
            EventText("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n"));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(stream: true).Replace("\"stream\"", "\"n\":2,\"stream\"", StringComparison.Ordinal));

        var text = await response.TextAsync();
        text.ShouldNotContain("[DONE]");
        ChatRequests.ErrorIn(ChatRequests.Frames(text)[^1]).Value("code").ShouldBe("upstream_error");
    }

    private static RequestDelegate CutThen(string more) =>
        Body("text/event-stream", [.. Bundle("stream-cut.sse"), .. Encoding.UTF8.GetBytes(more)]);
}
