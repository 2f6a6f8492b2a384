using System.Net;
using System.Net.Sockets;
using FreeGpt4.Proxy.RateLimits;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace FreeGpt4.Tests.Proxy;

public sealed class RateLimitTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_ManyAtOnce_ThoseOverTheBurstAre429WithEnvelope()
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        // One an hour or so: however slow the test, no time is won.
        await using var edge = new ProxyFactory([replica.Address]).With("RATE_LIMIT_API", "1r/m").With("RATE_LIMIT_BURST", "20");

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => edge.Client.GetAsync("/v1/models", Cancelled)));

        answers.Count(answer => answer.IsSuccessStatusCode).ShouldBeInRange(21, 22);
        var refused = answers.First(answer => !answer.IsSuccessStatusCode);
        await refused.ShouldBeErrorAsync(HttpStatusCode.TooManyRequests, "rate_limit_error", "rate_limit_exceeded");
        refused.Headers.GetValues("Retry-After").ShouldBe(["60"]);
    }

    [Fact]
    public async Task Client_OverItsLimit_TakesNothingFromOthersWhateverItClaims()
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = new ProxyFactory([replica.Address]).With("RATE_LIMIT_API", "1r/m").With("RATE_LIMIT_BURST", "0");
        using var other = ClientFrom("127.0.0.2", edge.Client.BaseAddress!);

        (await StatusAsync(edge.Client, "/v1/models")).ShouldBe(HttpStatusCode.OK);
        edge.Client.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.9");
        (await StatusAsync(edge.Client, "/v1/models")).ShouldBe(HttpStatusCode.TooManyRequests);
        (await StatusAsync(other, "/v1/models")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Settings_HaveALimitOfTheirOwn()
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = new ProxyFactory([replica.Address]);

        string[] spellings = ["/settings", "/Settings/x", "/%73ettings", "/a/../login", "/save", "/./generatetoken"];
        foreach (var path in spellings)
        {
            (await StatusAsync(edge.Client, path)).ShouldBe(HttpStatusCode.OK);
        }

        using var measured = new Measurements(edge);
        using var refused = await edge.Client.PostAsync("/api/settings", new StringContent(""), Cancelled);
        await refused.ShouldBeErrorAsync(HttpStatusCode.TooManyRequests, "rate_limit_error", "rate_limit_exceeded");
        refused.Headers.GetValues("Retry-After").ShouldBe(["12"]);
        measured.Counted.ShouldBe(["freegpt4.proxy.limited settings"]);
        (await StatusAsync(edge.Client, "/v1/models")).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(edge.Client, "/api/settings")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Assets_ProbesStatusAndPreflights_AreNotCounted()
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = new ProxyFactory([replica.Address]).With("RATE_LIMIT_API", "1r/m").With("RATE_LIMIT_BURST", "0");

        foreach (var path in (string[])["/assets/a.js", "/health", "/alive", "/status", "/Status"])
        {
            for (var i = 0; i < 3; i++)
            {
                (await StatusAsync(edge.Client, path)).ShouldBe(HttpStatusCode.OK);
            }
        }

        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/v1/models")
        {
            Headers = { { "Origin", "http://a.example" }, { "Access-Control-Request-Method", "GET" } },
        };
        (await edge.Client.SendAsync(preflight, Cancelled)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await StatusAsync(edge.Client, "/v1/models")).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(edge.Client, "/v1/models")).ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Limits_Off_RefuseNothing()
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = new ProxyFactory([replica.Address]).With("RATE_LIMIT_API", "off").With("RATE_LIMIT_SETTINGS", "off");

        for (var i = 0; i < 40; i++)
        {
            (await StatusAsync(edge.Client, i % 2 == 0 ? "/v1/models" : "/settings")).ShouldBe(HttpStatusCode.OK);
        }
    }

    [Theory]
    [InlineData("GET", "/v1/models", "Api")]
    [InlineData("GET", "/", "Api")]
    [InlineData("GET", "/assets", "Api")]
    [InlineData("GET", "/status/more", "Api")]
    [InlineData("GET", "/settingsx", "Api")]
    [InlineData("OPTIONS", "/api/settings", "Api")]
    [InlineData("HEAD", "/API/settings", "Api")]
    [InlineData("DELETE", "/API/settings", "Settings")]
    [InlineData("PUT", "/api", "Settings")]
    [InlineData("POST", "/api/conversations/1/messages", "Api")]
    [InlineData("POST", "/api/conversationsx", "Settings")]
    [InlineData("POST", "/apix", "Api")]
    [InlineData("GET", "/LOGIN", "Settings")]
    [InlineData("OPTIONS", "/generatetoken/", "Settings")]
    [InlineData("GET", "/assets/app.js", "None")]
    [InlineData("POST", "/health", "None")]
    public void Request_OfAnyKind_HasOneBucket(string method, string path, string bucket)
        => new DefaultHttpContext { Request = { Method = method, Path = path } }.Request.BucketOf().ToString().ShouldBe(bucket);

    [Fact]
    public void Limiter_WithTimePassing_GivesExactlyTheRate()
    {
        var time = new FakeTimeProvider();
        using var limiter = new NoDelayLimiter(TimeSpan.FromMilliseconds(1), burst: 20, time);
        int Passing() => Enumerable.Range(0, 10_000).Count(_ => limiter.AttemptAcquire().IsAcquired);

        Passing().ShouldBe(21);
        time.Advance(TimeSpan.FromMilliseconds(5));
        Passing().ShouldBe(5);
        limiter.IdleDuration.ShouldBeNull();
        time.Advance(TimeSpan.FromMilliseconds(10_021));
        limiter.IdleDuration.ShouldBe(TimeSpan.FromSeconds(10));
        Passing().ShouldBe(21);
    }

    internal static HttpClient ClientFrom(string address, Uri edge) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = edge,
    };

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path)
    {
        // As it is written: HttpClient would take the dots out itself.
        var address = new Uri(client.BaseAddress!.AbsoluteUri.TrimEnd('/') + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var response = await client.GetAsync(address, Cancelled);
        return response.StatusCode;
    }
}
