using System.Net;
using System.Text.Json.Nodes;
using FreeGpt4.LlmApi.Usage;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.Tests.LlmApi.Usage;

public sealed class UsageEndpointTests
{
    private static readonly Guid Ann = Guid.NewGuid();
    private static readonly Guid Bob = Guid.NewGuid();

    [Theory(Timeout = Patience.OfTest)]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Totals_AreByDayProviderModelAndUser(string engine)
    {
        await using var database = await SharedDatabase.StartAsync(engine);
        await using var upstream = await ModelServer.StartAsync();
        await using var api = Start(upstream, database);
        using var anybody = api.CreateClient();
        using var ann = ClientOf(api, Ann);
        using var bob = ClientOf(api, Bob);
        using var admin = ClientOf(api, Guid.Empty);
        foreach (var (client, model) in ((HttpClient, string)[])[(anybody, "tiny-1"), (ann, "tiny-1"), (ann, "other"), (bob, "tiny-1")])
        {
            using var chat = await client.ChatAsync(ChatRequests.Body(model: model));
            _ = await chat.TextAsync();
        }

        using (var wrong = await ann.ChatAsync("{}"))
        {
            wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        }

        await Eventually.IsTrue(
            async () => (await GetAsync(admin, "/api/usage"))["total"].Value("requests") == "5", Patience.Limit, "all is written", TestContext.Current.CancellationToken);

        var byDay = await GetAsync(admin, "/api/usage");
        byDay.Value("by").ShouldBe("day");
        byDay.Value("groups", 0, "key").ShouldBe(DateTime.UtcNow.ToString("yyyy-MM-dd"));
        byDay.Value("total", "totalTokens").ShouldBe("12");
        Keys(await GetAsync(admin, "/api/usage?by=provider")).ShouldBe([("", "1"), ("Custom", "4")]);
        Keys(await GetAsync(admin, "/api/usage?by=model")).ShouldBe([("", "1"), ("other", "1"), ("tiny-1", "3")]);
        Keys(await GetAsync(admin, "/api/usage?by=user")).ShouldBe([("", "1"), (Ann.ToString(), "3"), (Bob.ToString(), "1")], ignoreOrder: true);
        Keys(await GetAsync(ann, "/api/usage?by=user")).ShouldBe([(Ann.ToString(), "3")]);
        Keys(await GetAsync(ann, $"/api/usage?by=model&user={Bob}")).ShouldBe([("", "1"), ("other", "1"), ("tiny-1", "1")], "It is not theirs to ask for.");
        Keys(await GetAsync(admin, $"/api/usage?by=user&user={Bob}")).ShouldBe([(Bob.ToString(), "1")]);
        Keys(await GetAsync(admin, "/api/usage?from=2020-01-01&to=2020-02-01")).ShouldBeEmpty();
    }

    [Theory(Timeout = Patience.OfTest)]
    [InlineData("sqlite", "/api/usage/requests?to=9999-12-31", HttpStatusCode.OK)]
    [InlineData("sqlite", "/api/usage/requests?from=0001-01-01&to=0001-01-01", HttpStatusCode.OK)]
    [InlineData("sqlite", "/api/usage?to=0001-01-01", HttpStatusCode.OK)]
    [InlineData("sqlite", "/api/usage?from=0001-01-01&to=9999-12-31", HttpStatusCode.OK)]
    [InlineData("postgres", "/api/usage?from=0001-01-01&to=9999-12-31", HttpStatusCode.OK)]
    [InlineData("postgres", "/api/usage?to=0001-01-01", HttpStatusCode.OK)]
    [InlineData("sqlite", "/api/usage/requests?model=a%00b", HttpStatusCode.BadRequest)]
    [InlineData("postgres", "/api/usage/requests?provider=a%00b", HttpStatusCode.BadRequest)]
    public async Task Query_AtTheEdgesOfWhatCanBe_IsAnsweredOrRefused(string engine, string path, HttpStatusCode status)
    {
        await using var database = await SharedDatabase.StartAsync(engine);
        await using var upstream = await ModelServer.StartAsync();
        await using var api = Start(upstream, database);
        using var admin = ClientOf(api, Guid.Empty);

        using var response = await admin.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(status, await response.TextAsync());
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Requests_ComeInPages_TheNewestFirst()
    {
        await using var database = await SharedDatabase.StartAsync("sqlite");
        await using var upstream = await ModelServer.StartAsync();
        await using var api = Start(upstream, database);
        using var admin = ClientOf(api, Guid.Empty);
        using var ann = ClientOf(api, Ann);
        foreach (var model in (string[])["m1", "m2", "m3"])
        {
            using var chat = await ann.ChatAsync(ChatRequests.Body(model: model));
            _ = await chat.TextAsync();
        }

        await Eventually.IsTrue(
            async () => Models(await GetAsync(admin, "/api/usage/requests")).Count == 3, Patience.Limit, "all is written", TestContext.Current.CancellationToken);

        var first = await GetAsync(admin, "/api/usage/requests?limit=2");
        Models(first).ShouldBe(["m3", "m2"]);
        var second = await GetAsync(admin, $"/api/usage/requests?limit=2&before={first.Value("next")}");
        Models(second).ShouldBe(["m1"]);
        second["next"].ShouldBeNull();
        first.Value("requests", 0, "outcome").ShouldBe("Answered");
        Models(await GetAsync(admin, $"/api/usage/requests?user={Ann}&model=m2&outcome=answered&from={DateTime.UtcNow:yyyy-MM-dd}")).ShouldBe(["m2"]);
        Models(await GetAsync(admin, "/api/usage/requests?user=anonymous")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/api/usage?by=colour", "by")]
    [InlineData("/api/usage?from=yesterday", "from")]
    [InlineData("/api/usage?user=me", "user")]
    [InlineData("/api/usage/requests?limit=0", "limit")]
    [InlineData("/api/usage/requests?outcome=7", "outcome")]
    public async Task Question_ThatIsWrong_IsRefused(string path, string param)
    {
        await using var api = new LlmApiFactory(demo: true, configure: CallerHeader.Add);
        using var admin = ClientOf(api, Guid.Empty);

        using var response = await admin.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.ErrorAsync()).Value("param").ShouldBe(param);
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Database_ThatIsGone_IsSaidSo()
    {
        await using var database = await SharedDatabase.StartAsync("postgres");
        await using var api = new LlmApiFactory(demo: true, configure: CallerHeader.Add, settings: database.Settings("a"));
        using var admin = ClientOf(api, Guid.Empty);
        await database.Server!.StopAsync();

        using var response = await admin.GetAsync(new Uri("/api/usage", UriKind.Relative), TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await response.ErrorAsync()).Value("code").ShouldBe("database_unavailable");
    }

    private static LlmApiFactory Start(UpstreamServer upstream, SharedDatabase database) => new(
        upstream,
        configure: services =>
        {
            CallerHeader.Add(services);
            services.AddSingleton(UsageOptions.Default with { Interval = TimeSpan.FromMilliseconds(100) });
        },
        settings: database.Settings("a"));

    private static HttpClient ClientOf(LlmApiFactory api, Guid user)
    {
        var client = api.CreateClient();
        CallerHeader.Set(client, user);
        return client;
    }

    private static async Task<JsonNode> GetAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Header("Cache-Control").ShouldBe("no-store");
        return await response.JsonAsync();
    }

    private static IReadOnlyList<(string? Key, string? Requests)> Keys(JsonNode reply) =>
        [.. reply["groups"]!.AsArray().Select(group => (group.Value("key"), group.Value("requests")))];

    private static IReadOnlyList<string?> Models(JsonNode page) => [.. page["requests"]!.AsArray().Select(one => one.Value("model"))];
}
