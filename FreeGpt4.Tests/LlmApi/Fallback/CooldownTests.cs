using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.Time.Testing;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Fallback;

/// <summary>Who is left alone after a failure, and for how long.</summary>
public sealed class CooldownTests
{
    private const string Error = """{"error":{"message":"no","type":"server_error"}}""";

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Provider_ThatFails_IsLeftAloneForTwiceAsLongEachTime_UntilItAnswers()
    {
        var fails = true;
        await using var bad = await UpstreamServer.StartAsync(context => (fails ? Status(500, Error) : Json("answer-complete.json"))(context));
        await using var good = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = Start(Provider("Bad", bad), Provider("Good", good));

        (await AnswererAsync(api)).ShouldBe("Good");
        (await AnswererAsync(api)).ShouldBe("Good");
        bad.Chats.Count.ShouldBe(1, "It is left alone.");
        _time.Advance(TimeSpan.FromSeconds(2));
        (await AnswererAsync(api)).ShouldBe("Good");
        bad.Chats.Count.ShouldBe(2);
        _time.Advance(TimeSpan.FromSeconds(3));
        (await AnswererAsync(api)).ShouldBe("Good");
        bad.Chats.Count.ShouldBe(2, "The second time it is four seconds.");
        _time.Advance(TimeSpan.FromSeconds(1));
        fails = false;
        (await AnswererAsync(api)).ShouldBe("Bad");
        fails = true;
        (await AnswererAsync(api)).ShouldBe("Good");
        _time.Advance(TimeSpan.FromSeconds(2));
        fails = false;
        (await AnswererAsync(api)).ShouldBe("Bad", "An answer has reset it: two seconds again.");
    }

    [Theory]
    [InlineData("Retry-After", "30", "{}", 30)]
    [InlineData("retry-after-ms", "1500", "{}", 1.5)]
    [InlineData("x-none", "", """[{"error":{"code":429,"message":"quota","details":[{"retryDelay":"34s"}]}}]""", 34)]
    public async Task Time_ThatTheUpstreamAsksFor_IsKept(string header, string value, string body, double seconds)
    {
        await using var bad = await UpstreamServer.StartAsync(Status(429, body, (header, value)));
        await using var api = Start(Provider("Bad", bad));

        using var first = await api.Client.ChatAsync(ChatRequests.Body());
        using var second = await api.Client.ChatAsync(ChatRequests.Body());

        foreach (var response in (HttpResponseMessage[])[first, second])
        {
            response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            response.Header("Retry-After").ShouldBe(Math.Ceiling(seconds).ToString(CultureInfo.InvariantCulture));
            response.Header("retry-after-ms").ShouldBe((seconds * 1000).ToString(CultureInfo.InvariantCulture));
            (await response.ErrorAsync()).Value("code").ShouldBe("rate_limit_exceeded");
        }

        bad.Chats.Count.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(seconds));
        using var third = await api.Client.ChatAsync(ChatRequests.Body());
        bad.Chats.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Everybody_WhoIsLeftAlone_HasALineThatSaysWhy()
    {
        await using var one = await UpstreamServer.StartAsync(Status(429, Error, ("Retry-After", "50")));
        await using var other = await UpstreamServer.StartAsync(Status(500, Error, ("Retry-After", "20")));
        await using var api = Start(Provider("One", one), Provider("Other", other));

        using var first = await api.Client.ChatAsync(ChatRequests.Body());
        using var response = await api.Client.ChatAsync(ChatRequests.Body());

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Header("Retry-After").ShouldBe("20");
        (await response.ErrorAsync()).Value("message").ShouldNotBeNull().Split('\n').ShouldBe(
        [
            "No provider could answer.",
            "One was asked too often from this address (HTTP 429); it is left alone for another 50 s.",
            "Other failed (HTTP 500); it is left alone for another 20 s.",
        ]);
    }

    [Fact]
    public async Task Keys_AreTakenInTurn_AndOneThatIsRefusedIsSetAside()
    {
        await using var upstream = await UpstreamServer.StartAsync(context =>
            (context.Request.Headers.Authorization == "Bearer k2" ? Status(401, Error) : Json("answer-complete.json"))(context));
        await using var api = Start(Provider("Keyed", upstream, ("apiKey", "k1, k2, k3")));

        for (var i = 0; i < 6; i++)
        {
            (await AnswererAsync(api)).ShouldBe("Keyed");
        }

        var used = upstream.Chats.CountBy(chat => chat.Headers["Authorization"]).ToDictionary();
        used["Bearer k2"].ShouldBe(1, "It was refused once and not asked with again.");
        used["Bearer k1"].ShouldBeInRange(2, 4);
        used["Bearer k3"].ShouldBeInRange(2, 4);
    }

    [Fact]
    public async Task SecondKey_ThatIsAskedTooOftenAtOnce_SparesTheOthers()
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(429, Error));
        await using var api = Start(Provider("Keyed", upstream, ("apiKey", "k1,k2,k3,k4")));

        using var response = await api.Client.ChatAsync(ChatRequests.Body());
        using var again = await api.Client.ChatAsync(ChatRequests.Body());

        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        again.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        upstream.Chats.Count.ShouldBe(2);
    }

    [Fact]
    public async Task KeyAfterARefusedAndALimitedOne_IsAskedWith()
    {
        await using var upstream = await UpstreamServer.StartAsync(context => (context.Request.Headers.Authorization.ToString() switch
        {
            "Bearer k1" => Status(401, Error),
            "Bearer k2" => Status(429, Error),
            _ => Json("answer-complete.json"),
        })(context));
        await using var api = Start(Provider("Keyed", upstream, ("apiKey", "k1,k2,k3,k4")));

        (await AnswererAsync(api)).ShouldBe("Keyed");

        upstream.Chats.Select(chat => chat.Headers["Authorization"]).ShouldBe(["Bearer k1", "Bearer k2", "Bearer k3"]);
    }

    [Fact]
    public async Task Provider_WhoseStreamsBreakOff_IsLeftAloneForTwiceAsLongEachTime()
    {
        await using var upstream = await UpstreamServer.StartAsync(Events("stream-cut.sse"));
        await using var api = Start(Provider("Cut", upstream));

        foreach (var seconds in (string[])["2", "4", "8"])
        {
            using var response = await api.Client.ChatAsync(ChatRequests.Body(stream: true));
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            (await response.TextAsync()).ShouldContain("\"error\"");

            (await StatusOfAsync(api, "Cut")).Value("retryAfterSeconds").ShouldBe(seconds);
            _time.Advance(TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)));
        }
    }

    [Fact]
    public async Task Limit_OfTheAddress_StopsAllKeysAtOnce()
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(429, """{"error":{"message":"Too many requests from your IP address"}}"""));
        await using var api = Start(Provider("Keyed", upstream, ("apiKey", "k1,k2")));

        using var response = await api.Client.ChatAsync(ChatRequests.Body());

        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        upstream.Chats.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Key_ThatIsRefused_SaysWhichSettingToCheck_AndThatTryingAgainIsNoUse()
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(401, Error));
        await using var api = Start(Provider("My-Own", upstream, ("apiKey", "sk-secret")));

        using var response = await api.Client.ChatAsync(ChatRequests.Body());

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Header("x-should-retry").ShouldBe("false");
        var text = await response.TextAsync();
        text.ShouldContain("My-Own refused the key (HTTP 401): check MY_OWN_API_KEY.");
        text.ShouldNotContain("sk-secret");
    }

    [Fact]
    public async Task Limit_OfAKeylessProvider_IsNeverExceeded()
    {
        await using var limited = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var good = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        var limits = new JsonObject { ["requestsPerMinute"] = 2, ["requestsPerHour"] = 3 };
        await using var api = Start(Provider("Limited", limited, ("keyless", true), ("limits", limits)), Provider("Good", good));

        var answerers = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            answerers.Add(await AnswererAsync(api));
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        answerers.Add(await AnswererAsync(api));
        answerers.Add(await AnswererAsync(api));

        answerers.ShouldBe(["Limited", "Limited", "Good", "Limited", "Good"]);
        limited.Chats.Count.ShouldBe(3);
        var status = await StatusOfAsync(api, "Limited");
        status["limits"].ShouldNotBeNull().AsArray().Select(limit => (limit.Value("per"), limit.Value("left"))).ShouldBe([("minute", "1"), ("hour", "0")]);
    }

    [Fact]
    public async Task Limit_PerModel_IsEachModelsOwn()
    {
        await using var limited = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        var limits = new JsonObject { ["requestsPerMinute"] = 1, ["perModel"] = true };
        await using var api = Start(Provider("Limited", limited, ("keyless", true), ("limits", limits), ("models", new JsonArray("a", "b"))));

        var statuses = new List<HttpStatusCode>();
        foreach (var model in (string[])["a", "b", "a"])
        {
            using var response = await api.Client.ChatAsync(ChatRequests.Body(model: model));
            statuses.Add(response.StatusCode);
        }

        statuses.ShouldBe([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests]);
        limited.Chats.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Status_SaysWhoIsUsableAndWhyNot_AndNoSecrets()
    {
        await using var bad = await UpstreamServer.StartAsync(Status(500, Error, ("Retry-After", "20")));
        await using var good = await UpstreamServer.StartAsync(async context =>
        {
            context.Response.Headers["x-ratelimit-limit-requests"] = "30";
            context.Response.Headers["x-ratelimit-remaining-requests"] = "29";
            await Json("answer-complete.json")(context);
        });
        await using var api = Start(
            Provider("Bad", bad, ("apiKey", "sk-secret")), Provider("Good", good, ("promptNote", "Keeps nothing."), ("factsAsOf", "2026-11")));
        (await AnswererAsync(api)).ShouldBe("Good");

        var down = await StatusOfAsync(api, "Bad");
        var up = await StatusOfAsync(api, "Good");

        (down.Value("usable"), down.Value("reason"), down.Value("retryAfterSeconds"), down.Value("position")).ShouldBe(("false", "failed (HTTP 500)", "20", "1"));
        (up.Value("usable"), up.Value("reason"), up.Value("promptNote"), up.Value("factsAsOf")).ShouldBe(("true", null, "Keeps nothing.", "2026-11"));
        up.Value("lastSuccess").ShouldNotBeNull();
        up.Value("limits", 0, "left").ShouldBe("29");
        using var response = await api.Client.GetAsync(new Uri("/status", UriKind.Relative), TestContext.Current.CancellationToken);
        (await response.TextAsync()).ShouldNotContain("sk-secret");
        response.Header("Cache-Control").ShouldBe("no-store");
    }

    [Theory]
    [InlineData(403, """{"error":{"message":"Project proj_1 does not have access to model theirs","code":"model_not_found"}}""")]
    [InlineData(401, """{"error":{"message":"The model theirs is for others"}}""")]
    [InlineData(403, """{"error":{"message":"no"}}""")]
    [InlineData(402, """{"error":{"message":"This request requires more credits, or fewer max_tokens. You can only afford 3000.","code":402}}""")]
    [InlineData(200, """{"error":{"message":"This request requires more credits, or fewer max_tokens.","code":402}}""")]
    [InlineData(200, """{"choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}]}""")]
    public async Task Provider_ThatFailsForWhatOneCallerWants_IsThereForTheOthers(int status, string body)
    {
        await using var upstream = await UpstreamServer.StartAsync(context =>
            (context.Features.Get<UpstreamRequest>()!.Body.Contains("theirs", StringComparison.Ordinal) ? Status(status, body) : Json("answer-complete.json"))(context));
        await using var api = Start(Provider("Keyed", upstream, ("apiKey", "sk-secret")));

        for (var i = 0; i < 3; i++)
        {
            using var refused = await api.Client.ChatAsync(ChatRequests.Body(model: "Keyed/theirs"));
            refused.IsSuccessStatusCode.ShouldBeFalse();
            (await refused.TextAsync()).ShouldNotContain("proj_1");
            (await AnswererAsync(api)).ShouldBe("Keyed");
        }

        (await StatusOfAsync(api, "Keyed")).Value("usable").ShouldBe("true");
    }

    [Fact]
    public async Task Provider_ThatAnswersTextsWithAChat_IsThereForChats()
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = Start(Provider("Keyed", upstream, ("apiKey", "sk-secret")));

        using var embeddings = await api.Client.AskAsync("/v1/embeddings", """{"model":"gpt-4o","input":"hi"}""");

        embeddings.IsSuccessStatusCode.ShouldBeFalse();
        (await AnswererAsync(api)).ShouldBe("Keyed");
    }

    private static JsonObject Provider(string name, UpstreamServer upstream, params (string Name, JsonNode? Value)[] members) =>
        ProviderApi.Provider(name, upstream.BaseUrl, members);

    private static async Task<string> AnswererAsync(ProviderApi api)
    {
        using var response = await api.Client.ChatAsync(ChatRequests.Body());
        return response.Header("x-freegpt4-provider");
    }

    private static async Task<JsonNode> StatusOfAsync(ProviderApi api, string name)
    {
        using var response = await api.Client.GetAsync(new Uri("/status", UriKind.Relative), TestContext.Current.CancellationToken);
        return (await response.JsonAsync())["providers"].ShouldNotBeNull().AsArray().Single(provider => provider.Value("name") == name).ShouldNotBeNull();
    }

    private ProviderApi Start(params JsonObject[] providers) => ProviderApi.Start(providers, time: _time);
}
