using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Fallback;

/// <summary>Everything that an upstream can do instead of answering: who answers then, what the caller sees, who is asked how often.</summary>
public sealed class MisbehaviourTests
{
    private const string Error = """{"error":{"message":"no","type":"server_error","code":"overloaded"}}""";
    private const string NoModel = """{"error":{"message":"The model does not exist","type":"invalid_request_error","code":"model_not_found"}}""";
    private const string TooManyTokens = """{"error":{"message":"Request too large on tokens per minute (TPM)","code":"rate_limit_exceeded"}}""";
    private const string BadKey = """[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]""";
    private const string Notice = """{"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"IMPORTANT NOTICE: this API is closed."}}]}""";

    private const string NoticeEvents = """
        data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"IMPOR"}}]}

        data: {"choices":[{"index":0,"delta":{"content":"TANT NOTICE: this API is closed."},"finish_reason":"stop"}]}

        data: [DONE]


        """;

    private static readonly string FirstFrames = BundleText("stream-complete.sse")[..(BundleText("stream-complete.sse").IndexOf("Gr", StringComparison.Ordinal) + 200)];

    /// <summary>Ways to fail after which the next provider answers, and the caller notices nothing.</summary>
    private static readonly Dictionary<string, RequestDelegate> Passed = new()
    {
        ["reset"] = Reset(),
        ["hang before headers"] = Stall(),
        ["hang after headers"] = HeadersThenStall,
        ["slow first token"] = Stalling(": busy\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"),
        ["400 for the key"] = Status(400, BadKey),
        ["401"] = Status(401, Error),
        ["402"] = Status(402, Error),
        ["403"] = Status(403, Error),
        ["403 page"] = Status(403, "<!doctype html><title>Blocked</title>"),
        ["404 route"] = Status(404, "404 page not found"),
        ["404 model"] = Status(404, NoModel),
        ["408"] = Status(408, Error),
        ["410"] = Status(410, Error),
        ["413 for tokens"] = Status(413, TooManyTokens),
        ["429"] = Status(429, Error),
        ["429 with Retry-After"] = Status(429, Error, ("Retry-After", "60")),
        ["429 without quota"] = Status(429, """{"error":{"message":"You exceeded your quota","code":"insufficient_quota"}}"""),
        ["500"] = Status(500, Error),
        ["502"] = Status(502, "<html>Bad Gateway</html>"),
        ["503"] = Status(503, Error),
        ["529"] = Status(529, Error),
        ["redirect"] = Status(302, "", ("Location", "/v1/elsewhere")),
        ["200 with error object"] = Status(200, Error),
        ["200 with error string"] = Status(200, """{"error":"model is loading"}"""),
        ["200 with HTML"] = Body("text/html", "<html>Welcome</html>"u8.ToArray()),
        ["200 empty"] = Body("application/json", []),
        ["empty answer"] = Json("answer-empty.json"),
        ["truncated JSON"] = Body("application/json", Bundle("answer-complete.json")[..300]),
        ["wrong content type"] = Body("text/plain", "Hello, I am a model."u8.ToArray()),
        ["gzip cut short"] = Zipped,
        ["10 MB line"] = Body("text/event-stream", [.. "data: {"u8, .. Enumerable.Repeat((byte)'x', 10_000_000)]),
        ["notice"] = context => (IsStream(context) ? Body("text/event-stream", Encoding.UTF8.GetBytes(NoticeEvents)) : Status(200, Notice))(context),
        ["error frame first"] = Body("text/event-stream", Encoding.UTF8.GetBytes($"data: {Error}\n\n")),
        ["error event first"] = Body("text/event-stream", Encoding.UTF8.GetBytes($"event: error\ndata: {Error}\n\n")),
        ["stream that ends before it begins"] = Body("text/event-stream", []),
    };

    public static TheoryData<string, bool> EveryWay()
    {
        var data = new TheoryData<string, bool>();
        foreach (var name in Passed.Keys)
        {
            data.Add(name, true);
            data.Add(name, false);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(EveryWay))]
    public async Task Failure_BeforeTheFirstContent_IsPassedOver(string way, bool stream)
    {
        await using var bad = await UpstreamServer.StartAsync(Passed[way]);
        await using var good = await UpstreamServer.StartAsync(Answer);
        await using var api = Start(bad.BaseUrl, good.BaseUrl, watchesForNotices: way is "notice");

        using var response = await api.Client.ChatAsync(ChatRequests.Body(stream));
        var text = await response.TextAsync();

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Header("x-freegpt4-provider").ShouldBe("Good");
        response.Header("x-freegpt4-fallbacks").ShouldBe("1");
        text.ShouldContain("Gr");
        text.ShouldNotContain("error\":{");
        text.ShouldNotContain("NOTICE");
        bad.Chats.Count.ShouldBe(1);
        good.Chats.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Connection_ThatIsRefused_IsPassedOver(bool stream)
    {
        await using var good = await UpstreamServer.StartAsync(Answer);
        await using var api = Start($"http://127.0.0.1:{FreePorts.Next()}/v1", good.BaseUrl);

        using var response = await api.Client.ChatAsync(ChatRequests.Body(stream));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Header("x-freegpt4-provider").ShouldBe("Good");
        good.Chats.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(400, 400, true)]
    [InlineData(400, 400, false)]
    [InlineData(413, 413, true)]
    [InlineData(413, 413, false)]
    [InlineData(422, 400, true)]
    [InlineData(422, 400, false)]
    public async Task Request_ThatIsAtFault_GoesBackToTheCallerAndToNobodyElse(int upstream, int status, bool stream)
    {
        await using var bad = await UpstreamServer.StartAsync(Status(upstream, """{"error":{"message":"temperature is too high","param":"temperature"}}"""));
        await using var good = await UpstreamServer.StartAsync(Answer);
        await using var api = Start(bad.BaseUrl, good.BaseUrl);

        using var response = await api.Client.ChatAsync(ChatRequests.Body(stream));
        using var again = await api.Client.ChatAsync(ChatRequests.Body(stream));

        ((int)response.StatusCode).ShouldBe(status);
        (await response.ErrorAsync()).Value("param").ShouldBe("temperature");
        response.Header("x-freegpt4-provider").ShouldBe("Bad");
        again.Header("x-freegpt4-provider").ShouldBe("Bad", "Who finds fault with a request is well.");
        bad.Chats.Count.ShouldBe(2);
        good.Chats.ShouldBeEmpty();
    }

    public static TheoryData<string> EveryBreak => ["hang", "reset", "error frame", "end without [DONE]", "frame cut short"];

    [Theory]
    [MemberData(nameof(EveryBreak))]
    public async Task Failure_AfterTheFirstContent_IsAnErrorEventAndNoOtherAnswer(string way)
    {
        var wasRead = new TaskCompletionSource();
        await using var bad = await UpstreamServer.StartAsync(way switch
        {
            "hang" => Stalling(FirstFrames),
            "reset" => EventsThenReset(Encoding.UTF8.GetBytes(Whole(FirstFrames)), wasRead.Task),
            "error frame" => Body("text/event-stream", Encoding.UTF8.GetBytes($"{Whole(FirstFrames)}data: {Error}\n\n")),
            "end without [DONE]" => Body("text/event-stream", Encoding.UTF8.GetBytes(Whole(FirstFrames))),
            _ => Body("text/event-stream", Encoding.UTF8.GetBytes($"{Whole(FirstFrames)}data: {{\"choices\":[{{\"in")),
        });
        await using var good = await UpstreamServer.StartAsync(Answer);
        await using var api = Start(bad.BaseUrl, good.BaseUrl);

        using var response = await api.Client.ChatAsync(ChatRequests.Body(stream: true));
        var text = await response.ReadLinesAsync(line =>
        {
            if (line.Contains("Gr", StringComparison.Ordinal))
            {
                wasRead.TrySetResult();
            }
        });

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Header("x-freegpt4-provider").ShouldBe("Bad");
        ChatRequests.ErrorIn(ChatRequests.Frames(text)[^1]).Value("message").ShouldNotBeNull().ShouldStartWith("The provider ");
        text.ShouldNotContain("[DONE]");
        text.ShouldNotContain("\"finish_reason\":\"stop\"");
        bad.Chats.Count.ShouldBe(1);
        good.Chats.ShouldBeEmpty();
    }

    [Fact]
    public async Task Stream_ThatEndsWithoutDoneButIsWhole_IsAnAnswer()
    {
        var whole = BundleText("stream-complete.sse").Replace("data: [DONE]", "", StringComparison.Ordinal);
        await using var bad = await UpstreamServer.StartAsync(Body("text/event-stream", Encoding.UTF8.GetBytes(whole)));
        await using var good = await UpstreamServer.StartAsync(Answer);
        await using var api = Start(bad.BaseUrl, good.BaseUrl);

        using var response = await api.Client.ChatAsync(ChatRequests.Body(stream: true));

        (await response.TextAsync()).ShouldEndWith("data: [DONE]\n\n");
        response.Header("x-freegpt4-provider").ShouldBe("Bad");
        good.Chats.ShouldBeEmpty();
    }

    [Fact]
    public async Task Model_ThatNobodyHasAnyMore_IsTheLastUpstreamsError()
    {
        await using var bad = await UpstreamServer.StartAsync(Status(404, NoModel));
        await using var alsoBad = await UpstreamServer.StartAsync(Status(404, NoModel));
        await using var api = Start(bad.BaseUrl, alsoBad.BaseUrl);

        using var response = await api.Client.ChatAsync(ChatRequests.Body());

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await response.ErrorAsync()).Value("code").ShouldBe("model_not_found");
        bad.Chats.Count.ShouldBe(1);
        alsoBad.Chats.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Request_OnAKeptConnectionThatIsReset_IsNotSentAgain()
    {
        var answers = true;
        await using var bad = await UpstreamServer.StartAsync(context => (answers ? Answer : Reset())(context));
        await using var good = await UpstreamServer.StartAsync(Answer);
        await using var api = Start(bad.BaseUrl, good.BaseUrl);
        using var first = await api.Client.ChatAsync(ChatRequests.Body());
        await first.TextAsync();
        answers = false;

        using var second = await api.Client.ChatAsync(ChatRequests.Body());

        first.Header("x-freegpt4-provider").ShouldBe("Bad");
        second.Header("x-freegpt4-provider").ShouldBe("Good");
        bad.Chats.Count.ShouldBe(2);
        good.Chats.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Time_OfAllProvidersTogether_IsKeptTo()
    {
        await using var bad = await UpstreamServer.StartAsync(Stall());
        await using var good = await UpstreamServer.StartAsync(Answer);
        await using var api = ProviderApi.Start(
            [ProviderApi.Provider("Bad", bad.BaseUrl), ProviderApi.Provider("Good", good.BaseUrl)], settings: ("FALLBACK_TIMEOUT", "300ms"));

        using var response = await api.Client.ChatAsync(ChatRequests.Body());

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await response.ErrorAsync()).Value("message").ShouldNotBeNull().ShouldMatch(
            @"\nBad sent no answer within 0\.[23]\d* s\.\nGood was not asked, since FALLBACK_TIMEOUT \(0\.3 s\) had passed\.$");
        good.Chats.ShouldBeEmpty();
    }

    [Fact]
    public async Task LastOfSeveral_HasTwiceTheTimeToItsFirstToken()
    {
        await using var hanging = await UpstreamServer.StartAsync(Stall());
        var timeouts = new JsonObject { ["firstToken"] = "200ms" };
        await using var api = ProviderApi.Start(
        [
            ProviderApi.Provider("First", hanging.BaseUrl, ("timeouts", timeouts)),
            ProviderApi.Provider("Last", hanging.BaseUrl, ("timeouts", timeouts.DeepClone())),
        ]);

        using var response = await api.Client.ChatAsync(ChatRequests.Body(stream: true));

        (await response.ErrorAsync()).Value("message").ShouldNotBeNull().Split('\n').Skip(1).ShouldBe(
            ["First sent no first token within 0.2 s.", "Last sent no first token within 0.4 s."]);
    }

    private static ProviderApi Start(string bad, string good, bool watchesForNotices = false)
    {
        var timeouts = new JsonObject { ["firstToken"] = "1s", ["interToken"] = "1s", ["answer"] = "1s" };
        var quirks = watchesForNotices ? new JsonObject { ["noticePatterns"] = new JsonArray("important notice") } : [];
        return ProviderApi.Start(
            [ProviderApi.Provider("Bad", bad, ("apiKey", "sk-bad"), ("timeouts", timeouts), ("quirks", quirks)), ProviderApi.Provider("Good", good)]);
    }

    private static Task Answer(HttpContext context) =>
        (IsStream(context) ? Events("stream-complete.sse") : Json("answer-complete.json"))(context);

    private static bool IsStream(HttpContext context) =>
        context.Features.Get<UpstreamRequest>()!.Body.Contains("\"stream\":true", StringComparison.Ordinal);

    // Up to the last event that is whole.
    private static string Whole(string events) => events[..(events.LastIndexOf("\n\n", StringComparison.Ordinal) + 2)];

    private static async Task HeadersThenStall(HttpContext context)
    {
        context.Response.ContentType = IsStream(context) ? "text/event-stream" : "application/json";
        await context.Response.StartAsync(context.RequestAborted);
        await GoneAsync(context);
    }

    private static RequestDelegate Stalling(string events) => async context =>
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync(events, context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await GoneAsync(context);
    };

    private static async Task Zipped(HttpContext context)
    {
        using var zipped = new MemoryStream();
        await using (var zip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
        {
            await zip.WriteAsync(Bundle("answer-complete.json"));
        }

        context.Response.ContentType = "application/json";
        context.Response.Headers.ContentEncoding = "gzip";
        await context.Response.Body.WriteAsync(zipped.ToArray().AsMemory(0, (int)zipped.Length / 2), context.RequestAborted);
    }
}
