using System.Net;
using System.Text.Json.Nodes;
using FreeGpt4.LlmApi.State;
using FreeGpt4.LlmApi.Usage;
using FreeGpt4.Tests.Infrastructure;
using FreeGpt4.Tests.LlmApi.Users;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.Tests.LlmApi.Usage;

/// <summary><c>GET /status/series</c></summary>
public sealed class UsageSeriesTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Series_IsOfMinutesHoursAndDays(string engine)
    {
        await using var database = await SharedDatabase.StartAsync(engine);
        await using var api = new LlmApiFactory(settings: [.. database.Settings("one")]);
        using var client = api.CreateClient();
        await WriteAsync(api, Record(Now.AddMinutes(-30), Outcome.Answered, 100), Record(Now.AddMinutes(-30), Outcome.Failed, null), Record(Now.AddHours(-5), Outcome.BrokenOff, 300), Record(Now.AddDays(-3), Outcome.Answered, null));

        var hour = await PointsAsync(client, "hour");
        var day = await PointsAsync(client, "day");
        var month = await PointsAsync(client, "month");

        (hour.Count, day.Count, month.Count).ShouldBe((60, 24, 30));
        Sum(hour, "requests").ShouldBe(2);
        Sum(hour, "failures").ShouldBe(1);
        Sum(day, "requests").ShouldBe(3);
        Sum(day, "failures").ShouldBe(2);
        Sum(day, "promptTokens").ShouldBe(30);
        Sum(day, "completionTokens").ShouldBe(60);
        Sum(month, "requests").ShouldBe(4);
        hour.Where(point => point.Value("requests") != "0").ShouldHaveSingleItem().Value("firstTokenMs").ShouldBe("100");
        day.Select(point => point.Value("firstTokenMs")).OfType<string>().ShouldBe(["300", "100"]);
        month.Select(point => DateTimeOffset.Parse(point.Value("from")!).TimeOfDay).ShouldAllBe(time => time == TimeSpan.Zero);
        hour.Select(point => DateTimeOffset.Parse(point.Value("from")!)).ShouldBeInOrder();
        hour[^1].Value("from").ShouldNotBe(hour[^2].Value("from"));
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Series_AskedAgain_HasWhatIsNew()
    {
        await using var api = new LlmApiFactory();
        using var client = api.CreateClient();
        Sum(await PointsAsync(client, "hour"), "requests").ShouldBe(0);

        await WriteAsync(api, Record(DateTimeOffset.UtcNow, Outcome.Answered, null));

        await Eventually.IsTrue(
            async () => Sum(await PointsAsync(client, "hour"), "requests") == 1, Patience.Limit, "the new one is there", TestContext.Current.CancellationToken);
    }

    // As after the database was gone, or of an answer that took that long.
    [Theory(Timeout = Patience.OfTest)]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Series_OfWhatIsWrittenLate_HasIt(string engine)
    {
        await using var database = await SharedDatabase.StartAsync(engine);
        await using var api = new LlmApiFactory(settings: [.. database.Settings("one")]);
        using var client = api.CreateClient();
        await WriteAsync(api, Record(Now.AddMinutes(-20), Outcome.Answered, null));
        foreach (var span in (string[])["hour", "day", "month"])
        {
            Sum(await PointsAsync(client, span), "requests").ShouldBe(1);
        }

        await WriteAsync(api, Record(Now.AddMinutes(-40), Outcome.Answered, null), Record(Now.AddHours(-5), Outcome.Answered, null), Record(Now.AddDays(-3), Outcome.Answered, null));

        foreach (var (span, requests) in ((string, long)[])[("hour", 2), ("day", 3), ("month", 4)])
        {
            await Eventually.IsTrue(
                async () => Sum(await PointsAsync(client, span), "requests") == requests, Patience.Limit, $"all of the {span} is there", TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Series_IsForWhoMaySeeTheStatus_AndSaysWhenNothingIsWrittenDown()
    {
        await using var api = new LlmApiFactory(settings: [("PRIVATE_MODE", "true"), ("ENABLE_USAGE_LOGGING", "false")]);
        using var stranger = new Visitor(api);
        using var admin = await Visitor.LoggedInAsync(api);

        (await stranger.StatusAsync("GET", "/status/series")).ShouldBe(HttpStatusCode.Unauthorized);
        (await admin.StatusAsync("GET", "/status/series?span=century")).ShouldBe(HttpStatusCode.BadRequest);
        (await admin.JsonAsync("GET", "/status/series")).ToJsonString().ShouldBe("""{"enabled":false,"points":[]}""");
    }

    private static UsageRecord Record(DateTimeOffset at, Outcome outcome, int? firstTokenMs) => new()
    {
        At = at,
        Route = "/v1/chat/completions",
        Provider = "Custom",
        Model = "tiny-1",
        Outcome = outcome,
        PromptTokens = 10,
        CompletionTokens = 20,
        FirstTokenMs = firstTokenMs,
        Replica = "r",
    };

    private static Task WriteAsync(LlmApiFactory api, params UsageRecord[] records) => api.Services.GetRequiredService<StateStore>().WriteAsync(
        topic: null,
        async context =>
        {
            await UsageRows.InsertAsync(context, records, TestContext.Current.CancellationToken);
            await new UsageSums().AddAsync(context, records, TestContext.Current.CancellationToken);
        },
        TestContext.Current.CancellationToken);

    private static async Task<List<JsonNode?>> PointsAsync(HttpClient client, string span)
    {
        using var response = await client.GetAsync(new Uri($"/status/series?span={span}", UriKind.Relative), TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.TextAsync());
        return [.. (await response.JsonAsync())["points"]!.AsArray()];
    }

    private static long Sum(IEnumerable<JsonNode?> points, string member) => points.Sum(point => point![member]!.GetValue<long>());
}
