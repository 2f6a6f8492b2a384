using System.Diagnostics;
using System.Net;
using FreeGpt4.Tests.Infrastructure;
using FreeGpt4.Tests.Proxy;

namespace FreeGpt4.Tests.Edge;

public abstract partial class EdgeTests
{
    private const string OneClient = "127.1.0.1";
    private const string AnotherClient = "127.1.0.2";

    // So slow that no time a test takes lets one more request pass.
    private const string Slow = "1r/m";

    [Fact]
    public async Task Requests_40AtOnce_PassUpToBurstAndTheRestIsRefused()
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = await Program.StartAsync(replica.Address);
        using var one = edge.ClientFrom(OneClient);
        using var another = edge.ClientFrom(AnotherClient);

        // Whatever a client claims to be: it is its address that counts.
        var (passed, refused, seconds) = await SendAtOnceAsync(one, 40, number => new(HttpMethod.Get, "/v1/models")
        {
            Headers = { { "X-Forwarded-For", $"203.0.113.{number}" }, { "Origin", "https://app.example" } },
        });
        using var unaffected = await another.GetAsync("/v1/models", Cancelled);

        TestContext.Current.TestOutputHelper?.WriteLine($"{passed} of 40 passed in {seconds:0.000} s");
        passed.ShouldBeInRange(21, 22 + (int)(10 * seconds));
        unaffected.StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var response in refused)
        {
            await response.ShouldBeErrorAsync(HttpStatusCode.TooManyRequests, "rate_limit_error", "rate_limit_exceeded");
            response.Headers.GetValues("Retry-After").ShouldBe(["1"]);
            response.Headers.GetValues("access-control-allow-origin").ShouldBe(["*"]);
        }

        replica.ConnectionOfRequest.Count.ShouldBe(passed + 1);
    }

    [Fact]
    public async Task SettingsPages_20AtOnce_HaveLimitApartFromApi()
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = await Program.StartAsync(replica.Address);
        using var client = edge.ClientFrom(OneClient);
        (string Method, string Path)[] pages =
            [("GET", "/settings"), ("POST", "/login"), ("POST", "/save"), ("GET", "/generatetoken"), ("PUT", "/api/settings")];

        var (passed, refused, seconds) = await SendAtOnceAsync(client, 20, number =>
        {
            var (method, path) = pages[number % pages.Length];
            return new(new HttpMethod(method), path);
        });
        var (api, _, _) = await SendAtOnceAsync(client, 21, _ => new(HttpMethod.Get, "/api/settings"));

        passed.ShouldBeInRange(6, 7 + (int)(seconds / 12));
        api.ShouldBe(21);
        foreach (var response in refused)
        {
            await response.ShouldBeErrorAsync(HttpStatusCode.TooManyRequests, "rate_limit_error", "rate_limit_exceeded");
            response.Headers.GetValues("Retry-After").ShouldBe(["12"]);
        }
    }

    [Fact]
    public async Task SettingsPages_OpenedInBrowser_CountAsApiAndWhatTheySendDoesNot()
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = await Program.StartAsync(
            replica.Address, ("RATE_LIMIT_API", Slow), ("RATE_LIMIT_BURST", "20"), ("RATE_LIMIT_SETTINGS", Slow), ("RATE_LIMIT_SETTINGS_BURST", "off"));
        using var client = edge.ClientFrom(OneClient);
        HttpRequestMessage Opened(string method, string path)
            => new(new HttpMethod(method), path) { Headers = { { "Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" } } };
        string[] pages = ["/settings", "/login", "/login?next=/settings", "/Settings"];

        var (opened, _, _) = await SendAtOnceAsync(client, 24, number => Opened(number % 5 == 4 ? "HEAD" : "GET", pages[number % pages.Length]));
        using var first = await client.SendAsync(Opened("POST", "/login"), Cancelled);
        using var sent = await client.SendAsync(Opened("POST", "/login"), Cancelled);
        using var token = await client.SendAsync(Opened("GET", "/generatetoken"), Cancelled);
        using var read = await client.GetAsync("/settings", Cancelled);

        opened.ShouldBe(21);
        first.StatusCode.ShouldBe(HttpStatusCode.OK);
        new[] { sent, token, read }.ShouldAllBe(response => response.StatusCode == HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Requests_ForAssetsHealthStatusAndPreflights_DoNotCount()
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = await Program.StartAsync(
            replica.Address, ("RATE_LIMIT_API", Slow), ("RATE_LIMIT_BURST", "off"), ("RATE_LIMIT_SETTINGS", Slow), ("RATE_LIMIT_SETTINGS_BURST", "0"));
        using var client = edge.ClientFrom(OneClient);

        foreach (var path in (string[])["/assets/app.js", "/health", "/alive", "/status"])
        {
            (await SendAtOnceAsync(client, 10, _ => new(HttpMethod.Get, path))).Passed.ShouldBe(10, path);
        }

        (await SendAtOnceAsync(client, 10, _ => Preflight("/v1/models", "https://app.example"))).Passed.ShouldBe(10);
        using var first = await client.GetAsync("/v1/models", Cancelled);
        using var second = await client.GetAsync("/v1/models", Cancelled);
        using var page = await client.GetAsync("/settings", Cancelled);

        first.StatusCode.ShouldBe(HttpStatusCode.OK);
        second.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        second.Headers.GetValues("Retry-After").ShouldBe(["60"]);
        page.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Limits_Off_LetEverythingPass()
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = await Program.StartAsync(replica.Address, ("RATE_LIMIT_API", "off"), ("RATE_LIMIT_SETTINGS", "off"));

        (await SendAtOnceAsync(edge.Client, 60, _ => new(HttpMethod.Get, "/v1/models"))).Passed.ShouldBe(60);
        (await SendAtOnceAsync(edge.Client, 60, _ => new(HttpMethod.Get, "/settings"))).Passed.ShouldBe(60);
    }

    [Fact]
    public async Task Request_OverLimit_PassesAgainAfterTimeThatItIsTold()
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = await Program.StartAsync(replica.Address, ("RATE_LIMIT_API", "40r/m"), ("RATE_LIMIT_BURST", "off"));

        using var passed = await edge.Client.GetAsync("/v1/models", Cancelled);
        var sinceThen = Stopwatch.StartNew();
        using var refused = await edge.Client.GetAsync("/v1/models", Cancelled);
        var early = sinceThen.Elapsed;

        passed.StatusCode.ShouldBe(HttpStatusCode.OK);
        if (early < TimeSpan.FromSeconds(1))
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            refused.Headers.GetValues("Retry-After").ShouldBe(["2"]);
        }

        await Eventually.IsTrue(
            async () => (await edge.Client.GetAsync("/v1/models", Cancelled)).IsSuccessStatusCode, Patience.Limit, "a request passes", Cancelled);
    }

    [Fact]
    public async Task Clients_OfOneIPv6Network_ShareLimit()
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = await Program.StartAsync(
            replica.Address, ("TRUSTED_PROXIES", "127.0.0.1"), ("RATE_LIMIT_API", Slow), ("RATE_LIMIT_BURST", "1"));

        var statuses = new List<int>();
        foreach (var client in (string[])[
            "2001:db8:1:1::1", "2001:db8:1:1:ffff:ffff:ffff:fffe", "2001:DB8:1:1::2", "2001:db8:1:2::1",
            "203.0.113.9", "::ffff:203.0.113.9", "203.0.113.9", "203.0.113.10"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models") { Headers = { { "X-Forwarded-For", client } } };
            using var response = await edge.Client.SendAsync(request, Cancelled);
            statuses.Add((int)response.StatusCode);
        }

        statuses.ShouldBe([200, 200, 429, 200, 200, 200, 429, 200]);
    }

    private static async Task<(int Passed, IReadOnlyList<HttpResponseMessage> Refused, double Seconds)> SendAtOnceAsync(
        HttpClient client, int count, Func<int, HttpRequestMessage> request)
    {
        var watch = Stopwatch.StartNew();
        var responses = await Task.WhenAll(Enumerable.Range(0, count).Select(number => client.SendAsync(request(number), Cancelled)));
        var seconds = watch.Elapsed.TotalSeconds;
        HttpResponseMessage[] refused = [.. responses.Where(response => !response.IsSuccessStatusCode)];
        refused.ShouldAllBe(response => response.StatusCode == HttpStatusCode.TooManyRequests);
        return (count - refused.Length, refused, seconds);
    }
}
