using System.Net;
using System.Text.Json.Nodes;
using FreeGpt4.LlmApi.Users.Access;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Users;

/// <summary>What a user has in place of the cluster's settings.</summary>
public sealed class UserSettingsTests
{
    [Fact]
    public async Task Settings_OfAUser_AreInForceForThemAlone()
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var other = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream, other: other, settings: [("SYSTEM_PROMPT", "of the cluster"), ("CUSTOM_MODELS", "first,second")]);
        using var user = await UserAsync(api, new() { ["provider"] = LlmApiFactory.Other.ToUpperInvariant(), ["model"] = "second", ["systemPrompt"] = "of the user" });
        using var stranger = new Visitor(api);

        using var theirs = await user.SendAsync("GET", "/?text=hi", content: null);
        using var strangers = await stranger.SendAsync("GET", "/?text=hi", content: null);
        using var named = await user.SendAsync("GET", "/?text=hi", content: null, ("x-freegpt4-provider", "Custom"));
        using var chat = await user.SendAsync("POST", ChatRequests.Route, JsonNode.Parse(ChatRequests.Body(model: "first"))!.AsObject());

        // Nobody at Other is known to have "second", and somebody else has.
        strangers.Header("x-freegpt4-provider").ShouldBe("Custom");
        named.Header("x-freegpt4-provider").ShouldBe("Custom");
        chat.Header("x-freegpt4-model").ShouldBe("first");
        var sent = upstream.Chats.Concat(other.Chats).Select(request => JsonNode.Parse(request.Body)!).ToList();
        sent.Count(body => body.Value("messages", 0, "content") == "of the user").ShouldBe(2);
        sent.Count(body => body.Value("messages", 0, "content") == "of the cluster").ShouldBe(1);
        theirs.Header("x-freegpt4-model").ShouldBe("second");
        strangers.Header("x-freegpt4-model").ShouldBe("first");
    }

    [Fact]
    public async Task Provider_OfAUser_IsAskedFirstAndTheOthersAfterIt()
    {
        var isDown = false;
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var other = await UpstreamServer.StartAsync(context => (isDown ? Status(500, "{}") : Json("answer-complete.json"))(context));
        await using var api = new LlmApiFactory(upstream, other: other);
        using var user = await UserAsync(api, new() { ["provider"] = LlmApiFactory.Other });

        using var first = await user.SendAsync("GET", "/?text=hi", content: null);
        isDown = true;
        using var second = await user.SendAsync("GET", "/?text=hi", content: null);

        first.Header("x-freegpt4-provider").ShouldBe(LlmApiFactory.Other);
        second.Header("x-freegpt4-provider").ShouldBe("Custom");
        second.Header("x-freegpt4-fallbacks").ShouldBe("1");
    }

    [Fact]
    public async Task Requests_BeyondTheDailyLimit_Are429UntilMidnight()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var user = await UserAsync(api, new() { ["dailyRequests"] = 3 });

        var statuses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => user.StatusAsync("GET", "/?text=hi")));
        using var refused = await user.SendAsync("POST", ChatRequests.Route, JsonNode.Parse(ChatRequests.Body())!.AsObject());
        using var stranger = new Visitor(api);

        statuses.Count(status => status is HttpStatusCode.OK).ShouldBe(3);
        statuses.Count(status => status is HttpStatusCode.TooManyRequests).ShouldBe(5);
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await refused.ErrorAsync()).Value("code").ShouldBe("daily_limit_reached");
        var toMidnight = (DateTime.UtcNow.Date.AddDays(1) - DateTime.UtcNow).TotalSeconds;
        double.Parse(refused.Header("Retry-After"), System.Globalization.CultureInfo.InvariantCulture).ShouldBe(toMidnight, tolerance: 60);
        refused.Header("x-should-retry").ShouldBe("false");
        (await user.StatusAsync("GET", "/v1/models")).ShouldBe(HttpStatusCode.OK);
        (await stranger.StatusAsync("GET", "/?text=hi")).ShouldBe(HttpStatusCode.OK);
        (await user.StatusAsync("POST", "/v1/messages/count_tokens", JsonNode.Parse("""{"model":"auto","messages":[{"role":"user","content":"hi"}]}""")!.AsObject())).ShouldBe(HttpStatusCode.OK);
    }

    [Theory(Timeout = Patience.OfTest)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DailyLimit_OfRequestsUnderWayAtTwoReplicas_IsKept(bool onPostgres)
    {
        var gate = new TaskCompletionSource();
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            await gate.Task;
            await Json("answer-complete.json")(context);
        });
        await using var cluster = await Replicas.StartAsync(2, onPostgres, upstream: upstream);
        using var first = await UserAsync(cluster.All[0], new() { ["dailyRequests"] = 10 });
        using var second = first.At(cluster.All[1]);

        var asked = Enumerable.Range(0, 40).Select(i => (i % 2 == 0 ? first : second).StatusAsync("GET", "/?text=hi")).ToList();
        await Eventually.IsTrue(
            () => Task.FromResult(asked.Count(one => one.IsCompleted) >= 30), Patience.Limit, "all others are refused", TestContext.Current.CancellationToken);
        gate.SetResult();

        (await Task.WhenAll(asked)).Count(status => status is HttpStatusCode.OK).ShouldBe(10);
        (await second.StatusAsync("GET", "/?text=hi")).ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Tokens_BeyondTheDailyLimit_AreAskedOfWhoCountsThem()
    {
        await using var api = new LlmApiFactory(demo: true, configure: services => services.AddSingleton<IDailyUsage, Enough>());
        using var user = await UserAsync(api, new() { ["dailyTokens"] = 1000 });
        using var unlimited = await UserAsync(api, [], "other");

        (await user.StatusAsync("GET", "/?text=hi")).ShouldBe(HttpStatusCode.TooManyRequests);
        (await unlimited.StatusAsync("GET", "/?text=hi")).ShouldBe(HttpStatusCode.OK);
    }

    private static async Task<Visitor> UserAsync(LlmApiFactory api, JsonObject settings, string name = "somebody")
    {
        using var admin = await Visitor.LoggedInAsync(api);
        var (token, _) = await admin.CreateTokenAsync(await admin.CreateUserAsync(name, password: null, settings));
        return new(api) { Token = token };
    }

    private sealed class Enough : IDailyUsage
    {
        public Task<bool> TryBeginAsync(Guid userId, int? mostRequests, long? mostTokens) => Task.FromResult(mostTokens > 1000);
    }
}
