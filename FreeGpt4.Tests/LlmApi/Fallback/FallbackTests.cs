using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Fallback;

public sealed class FallbackTests
{
    private const string Error = """{"error":{"message":"secret-host says no","type":"server_error","code":"overloaded"}}""";

    private static readonly Dictionary<string, RequestDelegate> Failures = new()
    {
        ["reset"] = Reset(),
        ["stall"] = Stall(),
        ["error inside 200"] = Status(200, Error),
        ["limit inside 200"] = Status(200, """{"error":{"message":"slow down","code":429}}"""),
        ["error event"] = Body("text/event-stream", Encoding.UTF8.GetBytes($"data: {Error}\n\n")),
        ["page for people"] = Body("text/html", "<html>Welcome</html>"u8.ToArray()),
        ["nothing"] = Body("application/json", []),
        ["no event"] = Body("text/event-stream", ": busy\n\n"u8.ToArray()),
        ["empty answer"] = Json("answer-empty.json"),
        ["empty stream"] = Events("stream-empty.sse"),
        ["bytes that are no text"] = Body("application/json", [.. "{\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\",\"content\":\"a"u8, 0xff, .. "\"}}]}"u8]),
        ["no route"] = Status(404, "404 page not found"),
    };

    public static TheoryData<string, bool> EveryFailure()
    {
        var data = new TheoryData<string, bool>();
        foreach (var name in Failures.Keys.Concat(["401", "402", "403", "405", "408", "410", "429", "500", "502", "503", "504", "302"]))
        {
            data.Add(name, true);
            data.Add(name, false);
        }

        return data;
    }

    [Theory]
    [InlineData("""{"role":"user","content":"\ud800"}""")]
    [InlineData("""{"role":"user","content":[{"type":"text","text":"\ud800"}]}""")]
    [InlineData("""{"role":"user","role":5,"content":"hi"}""")]
    [InlineData("""{"role":"user","content":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}""")]
    public async Task Demo_AskedOddly_Answers(string message)
    {
        await using var api = new LlmApiFactory(demo: true);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync($$"""{"model":"gpt-4o","messages":[{{message}}]}""");

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.TextAsync()).ShouldContain("demo");
    }

    [Theory]
    [MemberData(nameof(EveryFailure))]
    public async Task Provider_ThatFailsBeforeTheFirstContent_IsFollowedByTheNext(string failure, bool stream)
    {
        await using var upstream = await UpstreamServer.StartAsync(Failing(failure));
        await using var api = new LlmApiFactory(
            upstream, demo: true, settings: Timeouts(failure));
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(stream));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Header("x-freegpt4-provider").ShouldBe("Demo");
        response.Header("x-freegpt4-model").ShouldBe("demo");
        response.Header("x-freegpt4-fallbacks").ShouldBe("1");
        var text = await response.TextAsync();
        text.ShouldContain("demo");
        text.ShouldNotContain("error");
        text.ShouldNotContain("CUSTOM_BASE_URL", customMessage: "It is set; what failed is what it leads to.");
        upstream.Chats.Count.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(EveryFailure))]
    public async Task Failure_WithNobodyElseToAsk_SaysWhy(string failure, bool stream)
    {
        await using var upstream = await UpstreamServer.StartAsync(Failing(failure));
        await using var api = new LlmApiFactory(upstream, settings:
            [.. Timeouts(failure), ("CUSTOM_API_KEY", "sk-test-1")]);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(stream));

        // A 403 counts against the model that was asked for, since the key may open others.
        var (status, code, message) = failure switch
        {
            "429" or "limit inside 200" => (HttpStatusCode.TooManyRequests, "rate_limit_exceeded", "No provider could answer.\nCustom "),
            "403" => (HttpStatusCode.NotFound, "model_not_found", "Custom gives no access to the model 'gpt-4o'."),
            _ => (HttpStatusCode.ServiceUnavailable, "no_provider_answered", "No provider could answer.\nCustom "),
        };
        response.StatusCode.ShouldBe(status);
        var error = await response.ErrorAsync();
        error.Value("code").ShouldBe(code);
        error.Value("message").ShouldNotBeNull().ShouldStartWith(message);
        error.ToJsonString().ShouldNotContain("secret-host");
        error.ToJsonString().ShouldNotContain("sk-test-1");
        response.Header("x-freegpt4-provider").ShouldBe(failure is "403" ? "Custom" : "", "Who refuses a request is named.");
    }

    [Fact]
    public async Task Upstream_ThatIsNotThere_IsFollowedByTheNext()
    {
        await using var gone = await UpstreamServer.StartAsync(Reset());
        var address = gone.BaseUrl;
        await gone.DisposeAsync();
        await using var api = new LlmApiFactory(demo: true, settings: [("CUSTOM_BASE_URL", address)]);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body());

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Header("x-freegpt4-fallbacks").ShouldBe("1");
    }

    [Fact]
    public async Task Upstream_ThatTakesNoConnection_IsGivenUpInTime()
    {
        // Nobody accepts, and the queue of those who wait is full: the next one gets no answer at all.
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        var waiting = Enumerable.Range(0, 8)
            .Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
            .ToList();
        foreach (var socket in waiting)
        {
            socket.Blocking = false;
            Should.Throw<SocketException>(() => socket.Connect(listener.LocalEndPoint.ShouldNotBeNull())).SocketErrorCode
                .ShouldBe(SocketError.WouldBlock);
        }

        await using var api = new LlmApiFactory(settings:
            [("CUSTOM_BASE_URL", $"http://{listener.LocalEndPoint}/v1"), ("CUSTOM_CONNECT_TIMEOUT", "500ms")]);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body());

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await response.ErrorAsync()).Value("message").ShouldBe("No provider could answer.\nCustom took no connection within 0.5 s.");
        waiting.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task RetryAfter_OfTheUpstream_IsPassedOn()
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(429, Error, ("Retry-After", "7")));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body());

        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        int.Parse(response.Header("Retry-After"), CultureInfo.InvariantCulture).ShouldBeInRange(1, 7);
        int.Parse(response.Header("retry-after-ms"), CultureInfo.InvariantCulture).ShouldBeInRange(1, 7000);
        response.Header("x-should-retry").ShouldBe("");
    }

    [Fact]
    public async Task Cluster_WithoutAnyProvider_SaysWhatToSet()
    {
        await using var api = new LlmApiFactory();
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body());

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Header("x-should-retry").ShouldBe("false");
        (await response.ErrorAsync()).Value("message").ShouldNotBeNull().ShouldContain("CUSTOM_BASE_URL");
    }

    [Fact]
    public async Task Handlers_AddedToEveryHttpClient_NeverSendAChatTwice()
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(503, Error));
        await using var api = new LlmApiFactory(upstream, configure: services =>
            services.ConfigureHttpClientDefaults(http => http.AddHttpMessageHandler(() => new SendTwice())));
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body());

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        upstream.Chats.Count.ShouldBe(1);
    }

    // Short ones only where they are what is waited for: a busy machine may take long over other failures.
    private static (string Name, string Value)[] Timeouts(string failure) => failure == "stall"
        ? [("CUSTOM_FIRST_TOKEN_TIMEOUT", "2s"), ("CUSTOM_ANSWER_TIMEOUT", "2s")]
        : [];

    private static RequestDelegate Failing(string failure) => Failures.TryGetValue(failure, out var reply)
        ? reply
        : Status(int.Parse(failure, CultureInfo.InvariantCulture), Error, ("Location", "/elsewhere"));

    private sealed class SendTwice : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            (await base.SendAsync(request, cancellationToken)).Dispose();
            return await base.SendAsync(request, cancellationToken);
        }
    }
}
