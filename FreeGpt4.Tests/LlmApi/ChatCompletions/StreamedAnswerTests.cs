using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.ChatCompletions;

public sealed class StreamedAnswerTests
{
    [Theory]
    [InlineData("stream-complete.sse", null)]
    [InlineData("stream-complete.sse", false)]
    [InlineData("stream-usage.sse", true)]
    [InlineData("stream-tool-calls.sse", null)]
    public async Task Stream_ThatIsComplete_ComesBackByteForByte(string bundle, bool? includeUsage)
    {
        await using var upstream = await UpstreamServer.StartAsync(Events(bundle));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(stream: true, includeUsage: includeUsage));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.ContentType().ShouldBe("text/event-stream; charset=utf-8");
        response.Header("Cache-Control").ShouldBe("no-cache");
        response.Header("X-Accel-Buffering").ShouldBe("no");
        response.Header("x-freegpt4-provider").ShouldBe("Custom");
        response.Header("x-freegpt4-model").ShouldBe("gpt-4o");
        response.Header("x-freegpt4-fallbacks").ShouldBe("0");
        (await response.TextAsync()).ShouldBe(BundleText(bundle));
        upstream.Chats.ShouldHaveSingleItem().Body.ShouldBe(ChatRequests.Body(stream: true, includeUsage: includeUsage));
    }

    [Fact]
    public async Task Stream_InSingleBytes_ComesBackWhole()
    {
        await using var upstream = await UpstreamServer.StartAsync(EventsBytewise("stream-complete.sse"));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(stream: true));

        (await response.TextAsync()).ShouldBe(BundleText("stream-complete.sse"));
    }

    [Fact]
    public async Task Stream_ThatIsUntidy_ComesBackInOrder()
    {
        await using var upstream = await UpstreamServer.StartAsync(Events("stream-messy.sse"));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(stream: true));

        var text = await response.TextAsync();
        text.ShouldEndWith("\n\ndata: [DONE]\n\n");
        var frames = ChatRequests.Frames(text);
        string[] expected =
        [
            """{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}""",
            """{"index":0,"delta":{"content":"Größe 😀"},"finish_reason":null}""",
            """{"index":0,"delta":{"content":"!","reasoning":"r"},"finish_reason":null,"native_finish_reason":null}""",
            """{"index":0,"delta":{},"finish_reason":"stop"}""",
        ];
        frames.Count.ShouldBe(expected.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            JsonNode.DeepEquals(frames[i]["choices"]?[0], JsonNode.Parse(expected[i])).ShouldBeTrue(frames[i].ToJsonString());
            frames[i].Value("object").ShouldBe("chat.completion.chunk");
            frames[i].Value("id").ShouldBe("gen-1");
            frames[i].Value("model").ShouldBe("gpt-4o");
            frames[i].Value("created").ShouldBe(frames[0].Value("created"));
            frames[i].AsObject().ContainsKey("usage").ShouldBeFalse();
        }

        frames[0].Value("provider").ShouldBe("Nowhere");
    }

    [Fact]
    public async Task Usage_ThatComesWithTheLastWords_IsSentAfterThem()
    {
        await using var upstream = await UpstreamServer.StartAsync(Events("stream-usage-early.sse"));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(stream: true, includeUsage: true));

        var frames = ChatRequests.Frames(await response.TextAsync());
        frames.Count.ShouldBe(3);
        frames.Take(2).ShouldAllBe(frame => frame.AsObject().ContainsKey("usage") && frame["usage"] == null);
        frames[1].Value("x_groq", "id").ShouldBe("r");
        frames[2].Value("choices").ShouldBe("[]");
        frames[2].Value("usage").ShouldBe("""{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}""");
        frames[2].Value("id").ShouldBe("chatcmpl-S1");
    }

    [Theory]
    [InlineData("stream-usage.sse")]
    [InlineData("stream-usage-early.sse")]
    public async Task Usage_ThatNobodyAskedFor_IsNotSent(string bundle)
    {
        await using var upstream = await UpstreamServer.StartAsync(Events(bundle));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(stream: true));

        var text = await response.TextAsync();
        text.ShouldNotContain("usage");
        text.ShouldNotContain("\"choices\":[]");
        text.ShouldEndWith("data: [DONE]\n\n");
        ChatRequests.Frames(text)[^1].Value("choices", 0, "finish_reason").ShouldBe("stop");
    }

    [Fact]
    public async Task Stream_ThatIsDoneWithoutReasons_GetsOnePerChoice()
    {
        await using var upstream = await UpstreamServer.StartAsync(Events("stream-no-finish.sse"));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(stream: true));

        var ends = ChatRequests.Frames(await response.TextAsync()).Skip(2)
            .Select(frame => (frame.Value("choices", 0, "index"), frame.Value("choices", 0, "finish_reason")));
        ends.ShouldBe([("0", "stop"), ("1", "tool_calls")]);
    }

    [Fact]
    public async Task Connection_ThatBreaksAfterTheLastReason_LosesNothing()
    {
        var whole = BundleText("stream-complete.sse");
        var answer = Encoding.UTF8.GetBytes(whole[..whole.IndexOf("data: [DONE]", StringComparison.Ordinal)]);
        var wasRead = new TaskCompletionSource();
        await using var upstream = await UpstreamServer.StartAsync(EventsThenReset(answer, wasRead.Task));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(stream: true));

        var text = await response.ReadLinesAsync(line =>
        {
            if (line.Contains("\"finish_reason\":\"stop\"", StringComparison.Ordinal))
            {
                wasRead.SetResult();
            }
        });
        text.ShouldBe(whole);
    }

    [Fact]
    public async Task Frames_ArriveOneByOne_WhileTheUpstreamStillWrites()
    {
        using var read = new SemaphoreSlim(0);
        var frames = BundleText("stream-complete.sse").Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            for (var i = 0; i < frames.Length; i++)
            {
                await context.Response.WriteAsync($"{frames[i]}\n\n", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);

                // The first frame has no content: it is held until the second.
                if (i > 0)
                {
                    await read.WaitAsync(context.RequestAborted);
                }
            }
        });
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(stream: true));

        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        for (var i = 0; i < frames.Length; i++)
        {
            (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe(frames[i]);
            (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("");
            if (i > 0)
            {
                read.Release();
            }
        }

        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBeNull();
    }
}
