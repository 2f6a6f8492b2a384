using System.Net;
using FreeGpt4.LlmApi.Usage;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Usage;

/// <summary>How usage gets into the database, and what happens when that takes none.</summary>
public sealed class UsageWriterTests
{
    private static readonly TimeSpan Never = TimeSpan.FromDays(1);

    [Theory(Timeout = Patience.OfTest)]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Requests_OfSeveralReplicas_AddUp(string engine)
    {
        const int Requests = 90;
        await using var database = await SharedDatabase.StartAsync(engine);
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using (var a = new LlmApiFactory(upstream, settings: database.Settings("a")))
        await using (var b = new LlmApiFactory(upstream, settings: database.Settings("b")))
        {
            using var clientA = a.CreateClient();
            using var clientB = b.CreateClient();
            await Task.WhenAll(ChatAsync(clientA, Requests), ChatAsync(clientB, Requests));
        }

        var (records, day) = await database.ReadAsync(async context => (
            await context.Usage.CountAsync(TestContext.Current.CancellationToken),
            await context.UsageDays.SingleAsync(TestContext.Current.CancellationToken)));
        records.ShouldBe(2 * Requests, "What was left was written at the stop.");
        (day.Provider, day.Model, day.UserId, day.Requests, day.Failures).ShouldBe(("Custom", "gpt-4o", Guid.Empty, 2 * Requests, 0));
        (day.PromptTokens, day.CompletionTokens).ShouldBe((2 * Requests * 9, 2 * Requests * 12));
        (await database.ReadAsync(context => context.Notes.CountAsync(note => note.Name.StartsWith("usage/"), TestContext.Current.CancellationToken))).ShouldBe(0);
    }

    [Fact]
    public async Task Stop_BeforeTheNextFlush_LosesNothing()
    {
        await using var database = await SharedDatabase.StartAsync("sqlite");
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using (var api = Start(upstream, database, new(IsEnabled: true, 1000, Never)))
        {
            using var client = api.CreateClient();
            await ChatAsync(client, 7);
            (await CountAsync(database)).ShouldBe(0);
        }

        (await CountAsync(database)).ShouldBe(7);
    }

    [Theory]
    [InlineData("true", 3)]
    [InlineData("false", 0)]
    public async Task UsageLogging_SwitchedOff_KeepsNothing(string isEnabled, int kept)
    {
        await using var database = await SharedDatabase.StartAsync("sqlite");
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using (var api = new LlmApiFactory(upstream, settings: [.. database.Settings("a"), ("ENABLE_USAGE_LOGGING", isEnabled)]))
        {
            using var client = api.CreateClient();
            await ChatAsync(client, 3);
        }

        (await CountAsync(database)).ShouldBe(kept);
        (await database.ReadAsync(context => context.UsageDays.CountAsync(TestContext.Current.CancellationToken))).ShouldBe(kept > 0 ? 1 : 0);
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Database_ThatTakesNothing_IsWaitedForWithinBounds()
    {
        const int Bound = 5;
        await using var database = await SharedDatabase.StartAsync("sqlite");
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = Start(upstream, database, new(IsEnabled: true, Bound, TimeSpan.FromMilliseconds(100)));
        using var client = api.CreateClient();
        long dropped;
        await using (await database.LockAsync())
        {
            // One batch is in hand, one queue is full.
            await ChatAsync(client, 1);
            await Eventually.IsTrue(() => api.Services.GetRequiredService<UsageQueue>().Waiting == 0, Patience.Limit, "one is in hand", TestContext.Current.CancellationToken);
            await ChatAsync(client, Bound + 4);
            dropped = await StatusAsync(client, "dropped");
            (await StatusAsync(client, "waiting")).ShouldBe(Bound);
        }

        dropped.ShouldBe(4);
        await Eventually.IsTrue(async () => await CountAsync(database) == Bound + 1, Patience.Limit, "the rest is written", TestContext.Current.CancellationToken);
        await ChatAsync(client, 1);
        await Eventually.IsTrue(async () => await CountAsync(database) == Bound + 2, Patience.Limit, "all goes on", TestContext.Current.CancellationToken);
        (await StatusAsync(client, "dropped")).ShouldBe(4);
    }

    [Theory(Timeout = Patience.OfTest)]
    [InlineData("sqlite", null)]
    [InlineData("postgres", null)]
    [InlineData("postgres", "a\0b")]
    public async Task Row_ThatTheDatabaseRefuses_IsLeftOutAloneAndCounted(string engine, string? model)
    {
        await using var database = await SharedDatabase.StartAsync(engine);
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream, settings: database.Settings("a"));
        using var client = api.CreateClient();
        var queue = api.Services.GetRequiredService<UsageQueue>();
        foreach (var name in (string?[])["good-1", model, "good-2", "good-3", model, "good-4"])
        {
            queue.Add(new() { At = DateTimeOffset.UtcNow, Route = "/", Provider = "Custom", Model = name!, Replica = "a" });
        }

        await Eventually.IsTrue(async () => await CountAsync(database) == 4, Patience.Limit, "the others are written", TestContext.Current.CancellationToken);
        await Eventually.IsTrue(async () => await StatusAsync(client, "dropped") == 2, Patience.Limit, "they are counted", TestContext.Current.CancellationToken);
        await ChatAsync(client, 1);
        await Eventually.IsTrue(async () => await CountAsync(database) == 5, Patience.Limit, "all goes on", TestContext.Current.CancellationToken);
        (await database.ReadAsync(context => context.UsageDays.SumAsync(day => day.Requests, TestContext.Current.CancellationToken))).ShouldBe(5);
    }

    [Theory(Timeout = Patience.OfTest)]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Figures_ThatNoAnswerCosts_AreCutAndAddUp(string engine)
    {
        await using var database = await SharedDatabase.StartAsync(engine);
        var answer = BundleText("answer-complete.json")
            .Replace("\"prompt_tokens\": 9", "\"prompt_tokens\": 9223372036854775807", StringComparison.Ordinal)
            .Replace("\"completion_tokens\": 12", "\"completion_tokens\": 9223372036854775807", StringComparison.Ordinal);
        answer.ShouldContain("9223372036854775807");
        await using var upstream = await UpstreamServer.StartAsync(Body("application/json", System.Text.Encoding.UTF8.GetBytes(answer)));
        await using var api = new LlmApiFactory(upstream, settings: database.Settings("a"));
        using var client = api.CreateClient();

        await ChatAsync(client, 3);

        await Eventually.IsTrue(async () => await CountAsync(database) == 3, Patience.Limit, "all is written", TestContext.Current.CancellationToken);
        var day = await database.ReadAsync(context => context.UsageDays.SingleAsync(TestContext.Current.CancellationToken));
        (day.PromptTokens, day.CompletionTokens).ShouldBe((3_000_000_000, 3_000_000_000));
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Postgres_StoppedAndStartedUnderLoad_HasEveryRequestOnce()
    {
        await using var database = await SharedDatabase.StartAsync("postgres");
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var a = new LlmApiFactory(upstream, settings: database.Settings("a"));
        await using var b = new LlmApiFactory(upstream, settings: database.Settings("b"));
        using var clientA = a.CreateClient();
        using var clientB = b.CreateClient();
        using var stop = new CancellationTokenSource();
        var load = Task.WhenAll(LoadAsync(clientA, stop.Token), LoadAsync(clientB, stop.Token));
        for (var time = 0; time < Effort.Choose(2, 10); time++)
        {
            await Eventually.IsTrue(async () => await CountAsync(database) > time * 10, Patience.Limit, "usage is written", TestContext.Current.CancellationToken);
            await (time % 2 == 0 ? database.Server!.StopAsync() : database.Server!.KillAsync());
            await Eventually.IsTrue(async () => await StateAsync(clientA) is false, Patience.Limit, "it is missed", TestContext.Current.CancellationToken);
            await database.Server!.StartAgainAsync();
        }

        await stop.CancelAsync();
        var requests = (await load).Sum();
        await Eventually.IsTrue(async () => await CountAsync(database) >= requests, Patience.Limit, "all is written", TestContext.Current.CancellationToken);

        (await CountAsync(database)).ShouldBe(requests);
        (await database.ReadAsync(context => context.UsageDays.SumAsync(day => day.Requests, TestContext.Current.CancellationToken))).ShouldBe(requests);
        (await StateAsync(clientA)).ShouldBe(true);
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Users_AtOneReplica_AreKnownAtTheOthersWithinASecondOrTwo()
    {
        var user = Guid.NewGuid();
        await using var database = await SharedDatabase.StartAsync("sqlite");
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var a = new LlmApiFactory(upstream, configure: CallerHeader.Add, settings: database.Settings("a"));
        await using var b = new LlmApiFactory(upstream, configure: CallerHeader.Add, settings: database.Settings("b"));
        using var clientA = a.CreateClient();
        using var clientB = b.CreateClient();
        CallerHeader.Set(clientA, user);
        CallerHeader.Set(clientB, user);

        await ChatAsync(clientA, 3);
        Today(a, user).Requests.ShouldBe(3, "Here they count at once.");
        await Eventually.IsTrue(() => Today(a, user) == (3, 63) && Today(b, user) == (3, 63), Patience.Limit, "all know it", TestContext.Current.CancellationToken);
        await ChatAsync(clientB, 2);
        await Eventually.IsTrue(() => Today(a, user) == (5, 105) && Today(b, user) == (5, 105), Patience.Limit, "all know it", TestContext.Current.CancellationToken);

        await using var late = new LlmApiFactory(upstream, settings: database.Settings("c"));
        using var _ = late.CreateClient();
        Today(late, user).ShouldBe((5, 105), "It is known before anybody is served.");
    }

    private static (long Requests, long Tokens) Today(LlmApiFactory api, Guid user) => api.Services.GetRequiredService<DailyUsage>().Today(user);

    private static LlmApiFactory Start(UpstreamServer upstream, SharedDatabase database, UsageOptions options) =>
        new(upstream, configure: services => services.AddSingleton(options), settings: database.Settings("a"));

    private static async Task ChatAsync(HttpClient client, int times)
    {
        for (var i = 0; i < times; i++)
        {
            using var response = await client.ChatAsync(ChatRequests.Body());
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            _ = await response.TextAsync();
        }
    }

    private static async Task<int> LoadAsync(HttpClient client, CancellationToken stop)
    {
        var requests = 0;
        for (; !stop.IsCancellationRequested; requests++)
        {
            await ChatAsync(client, 1);
            await Task.Delay(5, CancellationToken.None);
        }

        return requests;
    }

    private static Task<int> CountAsync(SharedDatabase database) =>
        database.ReadAsync(context => context.Usage.CountAsync(TestContext.Current.CancellationToken));

    private static async Task<long> StatusAsync(HttpClient client, string name)
    {
        using var response = await client.GetAsync(new Uri("/status", UriKind.Relative), TestContext.Current.CancellationToken);
        return (await response.JsonAsync())["usage"].ShouldNotBeNull()[name].ShouldNotBeNull().GetValue<long>();
    }

    private static async Task<bool> StateAsync(HttpClient client)
    {
        using var response = await client.GetAsync(new Uri("/status", UriKind.Relative), TestContext.Current.CancellationToken);
        return (await response.JsonAsync())["state"].ShouldNotBeNull()["answers"].ShouldNotBeNull().GetValue<bool>();
    }
}
