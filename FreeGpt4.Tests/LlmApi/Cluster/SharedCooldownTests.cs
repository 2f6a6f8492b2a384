using System.Diagnostics;
using System.Text.Json.Nodes;
using FreeGpt4.LlmApi.Providers;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Cluster;

/// <summary>Who fails at one replica is left alone by all.</summary>
public sealed class SharedCooldownTests
{
    private const string Error = """{"error":{"message":"no","type":"server_error"}}""";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Failure_AtOneReplica_IsKnownAtAll_AndSoIsSuccess(string engine)
    {
        await using var database = await SharedDatabase.StartAsync(engine);
        await using var bad = await UpstreamServer.StartAsync(Status(429, Error, ("Retry-After", "3000")));
        await using var good = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        JsonObject[] providers = [ProviderApi.Provider("Bad", bad.BaseUrl), ProviderApi.Provider("Good", good.BaseUrl)];
        await using var a = Start(database, "a", providers);
        await using var b = Start(database, "b", providers);
        await using var c = Start(database, "c", providers);

        (await AnswererAsync(a)).ShouldBe("Good");

        await KnownAsync(b, c);
        (await AnswererAsync(b)).ShouldBe("Good");
        (await AnswererAsync(c)).ShouldBe("Good");
        bad.Chats.Count.ShouldBe(1);
        await using (var late = Start(database, "d", providers))
        {
            (await AnswererAsync(late)).ShouldBe("Good");
            bad.Chats.Count.ShouldBe(1, "It is known to those who start later.");
        }
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Success_AtOneReplica_EndsTheRowOfFailuresAtAll()
    {
        var fails = true;
        await using var database = await SharedDatabase.StartAsync("sqlite");
        await using var upstream = await UpstreamServer.StartAsync(context => (fails ? Status(500, Error) : Json("answer-complete.json"))(context));
        await using var a = Start(database, "a", ProviderApi.Provider("Only", upstream.BaseUrl));
        await using var b = Start(database, "b", ProviderApi.Provider("Only", upstream.BaseUrl));

        using (var failed = await a.Client.ChatAsync(ChatRequests.Body()))
        {
            ((int)failed.StatusCode).ShouldBe(503);
        }

        await Eventually.IsTrue(async () => await WaitAsync(b) is not null, Patience.Limit, "it is known", TestContext.Current.CancellationToken);
        fails = false;
        await Eventually.IsTrue(
            async () =>
            {
                using var response = await b.Client.ChatAsync(ChatRequests.Body());
                return response.IsSuccessStatusCode;
            },
            Patience.Limit,
            "it is over",
            TestContext.Current.CancellationToken);
        await Eventually.IsTrue(
            async () => !await database.ReadAsync(context => context.Cooldowns.AnyAsync(TestContext.Current.CancellationToken)),
            Patience.Limit,
            "it is forgotten",
            TestContext.Current.CancellationToken);

        fails = true;
        using var again = await a.Client.ChatAsync(ChatRequests.Body());
        List<int> failures = [];
        await Eventually.IsTrue(
            async () => (failures = await database.ReadAsync(
                context => context.Cooldowns.Select(one => one.Failures).ToListAsync(TestContext.Current.CancellationToken))).Count > 0,
            Patience.Limit,
            "it is written",
            TestContext.Current.CancellationToken);
        failures.ShouldBe([1], "Also if this replica has not heard of the success yet.");
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Failures_AtAllReplicasAtOnce_CountEachOnce()
    {
        await using var database = await SharedDatabase.StartAsync("postgres");
        await using var upstream = await UpstreamServer.StartAsync(Status(401, Error));
        var provider = ProviderApi.Provider("Keyed", upstream.BaseUrl, ("apiKey", string.Join(',', Enumerable.Range(0, 20).Select(i => $"k{i}"))));
        await using var a = Start(database, "a", provider);
        await using var b = Start(database, "b", provider);
        await using var c = Start(database, "c", provider);

        await Task.WhenAll(new[] { a, b, c }.Select(async api =>
        {
            using var response = await api.Client.ChatAsync(ChatRequests.Body());
        }));

        await Eventually.IsTrue(
            async () => await database.ReadAsync(context => context.Cooldowns.CountAsync(TestContext.Current.CancellationToken)) == 20,
            Patience.Limit,
            "all keys are known to be refused",
            TestContext.Current.CancellationToken);
        var rows = await database.ReadAsync(context => context.Cooldowns.ToListAsync(TestContext.Current.CancellationToken));
        rows.ShouldAllBe(row => row.Failures >= 1 && row.Failures <= 3);
        rows.ShouldAllBe(row => !row.Reason.Contains("k1"));
    }

    [Fact]
    public async Task Failure_WhileTheDatabaseTakesNothing_CountsHere_AndIsToldAfterwards()
    {
        await using var database = await SharedDatabase.StartAsync("sqlite");
        await using var bad = await UpstreamServer.StartAsync(Status(429, Error, ("Retry-After", "3000")));
        await using var good = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        JsonObject[] providers = [ProviderApi.Provider("Bad", bad.BaseUrl), ProviderApi.Provider("Good", good.BaseUrl)];
        await using var a = Start(database, "a", providers);
        await using var b = Start(database, "b", providers);
        await using (await database.LockAsync())
        {
            var waited = Stopwatch.StartNew();
            (await AnswererAsync(a)).ShouldBe("Good");
            (await AnswererAsync(a)).ShouldBe("Good");
            bad.Chats.Count.ShouldBe(1);
            waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5), "Nobody waits for the database.");
            (await WaitAsync(b, "Bad")).ShouldBeNull();
        }

        await KnownAsync(b);
    }

    [Theory]
    [InlineData(24 * 60, 5)]
    [InlineData(0, 72 * 60)]
    public async Task Cooldown_OfAClockThatWasAhead_CountsNoMore(int sinceMinutes, int minutes)
    {
        var fails = false;
        await using var database = await SharedDatabase.StartAsync("sqlite");
        await using var upstream = await UpstreamServer.StartAsync(context => (fails ? Status(500, Error) : Json("answer-complete.json"))(context));
        await AddAsync();
        await using var api = Start(database, "a", ProviderApi.Provider("Only", upstream.BaseUrl));

        (await WaitAsync(api)).ShouldBeNull();
        (await AnswererAsync(api)).ShouldBe("Only");
        await Eventually.IsTrue(
            async () => !await database.ReadAsync(context => context.Cooldowns.AnyAsync(TestContext.Current.CancellationToken)),
            Patience.Limit,
            "it is forgotten",
            TestContext.Current.CancellationToken);

        await AddAsync();
        fails = true;
        using var failed = await api.Client.ChatAsync(ChatRequests.Body());
        var soon = DateTimeOffset.UtcNow.AddMinutes(1);
        await Eventually.IsTrue(
            () => database.ReadAsync(context => context.Cooldowns.AnyAsync(
                one => one.Failures == 1 && one.Until < soon, TestContext.Current.CancellationToken)),
            Patience.Limit,
            "another one takes its place",
            TestContext.Current.CancellationToken);

        Task AddAsync() => database.ReadAsync(context =>
        {
            var since = DateTimeOffset.UtcNow.AddMinutes(sinceMinutes);
            context.Cooldowns.Add(new()
            {
                Scope = "only", Since = since, Until = since.AddMinutes(minutes), Failures = 9, Failure = ProviderFailure.Server, Reason = "failed",
            });
            return context.SaveChangesAsync(TestContext.Current.CancellationToken);
        });
    }

    private static async Task KnownAsync(params ProviderApi[] replicas)
    {
        var waited = Stopwatch.StartNew();
        foreach (var replica in replicas)
        {
            await Eventually.IsTrue(async () => await WaitAsync(replica, "Bad") is not null, Patience.Limit, "it is known", TestContext.Current.CancellationToken);
        }

        // The promise is a second. A machine with other things to do is not held to it.
        waited.Elapsed.ShouldBeLessThan(Soon * 10);
    }

    private static ProviderApi Start(SharedDatabase database, string replica, params JsonObject[] providers) =>
        ProviderApi.Start(providers.Select(provider => (JsonObject)provider.DeepClone()), settings: database.Settings(replica));

    private static async Task<string> AnswererAsync(ProviderApi api)
    {
        using var response = await api.Client.ChatAsync(ChatRequests.Body());
        return response.Header("x-freegpt4-provider");
    }

    private static async Task<double?> WaitAsync(ProviderApi api, string provider = "Only")
    {
        using var response = await api.Client.GetAsync(new Uri("/status", UriKind.Relative), TestContext.Current.CancellationToken);
        var status = (await response.JsonAsync())["providers"]!.AsArray().Single(one => one.Value("name") == provider);
        return status!["retryAfterSeconds"]?.GetValue<double>();
    }
}
