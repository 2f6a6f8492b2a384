using System.Net;
using System.Text.Json.Nodes;
using FreeGpt4.LlmApi.State;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace FreeGpt4.Tests.LlmApi.Users;

public sealed class LoginTests
{
    private const string Password = "a-password-of-a-user";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Name_WithControlCharacters_Is400OnBothEngines(bool onPostgres)
    {
        await using var replicas = await Replicas.StartAsync(1, onPostgres);
        using var visitor = new Visitor(replicas.All[0]);

        using var login = await visitor.LoginAsync("ad\0min", "a-password-of-a-user");
        using var save = await visitor.PostFormAsync("/save/admin", ("username", "ad\0min"), ("password", "a-password-of-a-user"));

        login.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await login.ErrorAsync()).Value("param").ShouldBe("username");
        save.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Logout_AtOneReplica_EndsThatSessionAndItsCopiesAtAll(bool onPostgres)
    {
        await using var cluster = await Replicas.StartAsync(2, onPostgres);
        using var admin = await Visitor.LoggedInAsync(cluster.All[0]);
        using var another = await Visitor.LoggedInAsync(cluster.All[0]);
        using var copyHere = admin.At(cluster.All[0]);
        using var copyThere = admin.At(cluster.All[1]);
        (await copyThere.StatusAsync("GET", "/api/me")).ShouldBe(HttpStatusCode.OK);

        (await admin.StatusAsync("POST", "/api/logout")).ShouldBe(HttpStatusCode.NoContent);

        admin.Cookies.Keys.ShouldNotContain("freegpt4-session");
        (await copyHere.StatusAsync("GET", "/api/me")).ShouldBe(HttpStatusCode.Unauthorized);
        await Eventually.IsTrue(
            async () => await copyThere.StatusAsync("GET", "/api/me") is HttpStatusCode.Unauthorized, Patience.Limit, "the other replica knows", Cancelled);
        (await another.StatusAsync("GET", "/api/me")).ShouldBe(HttpStatusCode.OK, "It is another session.");
        (await admin.StatusAsync("POST", "/api/logout")).ShouldBe(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Login_AtOneReplica_IsValidAtTheOthers(bool onPostgres)
    {
        await using var cluster = await Replicas.StartAsync(3, onPostgres);
        using var admin = await Visitor.LoggedInAsync(cluster.All[0]);

        foreach (var replica in cluster.All)
        {
            using var there = admin.At(replica);
            (await there.JsonAsync("GET", "/api/me")).Value("user", "name").ShouldBe("admin");
            (await there.StatusAsync("PATCH", "/api/me", new() { ["model"] = "m" })).ShouldBe(HttpStatusCode.OK);
        }

        (await admin.StatusAsync("POST", "/api/logout")).ShouldBe(HttpStatusCode.NoContent);
        admin.Cookies.ShouldNotContainKey("freegpt4-session");
        (await admin.StatusAsync("GET", "/api/me")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("https", true)]
    public async Task Cookie_OfALogin_IsOutOfReachOfScriptsAndOtherSites(string scheme, bool isSecure)
    {
        await using var api = new LlmApiFactory(demo: true);
        using var visitor = new Visitor(api);
        (string, string)[] headers = scheme.Length == 0 ? [] : [("X-Forwarded-Proto", scheme)];

        using var response = await visitor.SendAsync(
            "POST", "/api/login", new JsonObject { ["username"] = "admin", ["password"] = EmptyState.AdminPassword }, headers);

        response.Header("Cache-Control").ShouldBe("no-store");
        var cookies = response.Headers.GetValues("Set-Cookie").ToList();
        cookies.Count.ShouldBe(2);
        foreach (var cookie in cookies)
        {
            cookie.ShouldContain("httponly", Case.Insensitive);
            cookie.ShouldContain(cookie.StartsWith("freegpt4-session", StringComparison.Ordinal) ? "samesite=lax" : "samesite=strict", Case.Insensitive);
            cookie.Contains("; secure", StringComparison.OrdinalIgnoreCase).ShouldBe(isSecure);
        }

        (await response.TextAsync()).ShouldNotContain(EmptyState.AdminPassword);
    }

    [Theory]
    [InlineData("admin")]
    [InlineData("nobody-at-all")]
    public async Task WrongPasswords_AtTwoReplicas_LockTheNameAtBoth(string name)
    {
        await using var cluster = await Replicas.StartAsync(2);
        var replies = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            using var visitor = new Visitor(cluster.All[i % 2]);
            using var wrong = await visitor.LoginAsync(name, "wrong-password");
            wrong.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            replies.Add(await wrong.TextAsync());
        }

        replies.Distinct().ShouldHaveSingleItem();
        foreach (var replica in cluster.All)
        {
            using var visitor = new Visitor(replica);
            using var locked = await visitor.LoginAsync(name.ToUpperInvariant(), EmptyState.AdminPassword);
            locked.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            (await locked.ErrorAsync()).Value("code").ShouldBe("too_many_logins");
            int.Parse(locked.Header("Retry-After"), System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(1, 30);
        }
    }

    [Fact]
    public async Task Passwords_TriedAllAtOnce_AreNoMoreThanOneAfterTheOther()
    {
        await using var cluster = await Replicas.StartAsync(2);
        var guesses = await Task.WhenAll(Enumerable.Range(0, 24).Select(async i =>
        {
            using var visitor = new Visitor(cluster.All[i % 2]);
            using var reply = await visitor.LoginAsync("admin", $"guess-number-{i}");
            return reply.StatusCode;
        }));

        guesses.Count(status => status is HttpStatusCode.Unauthorized).ShouldBe(5);
        guesses.Count(status => status is HttpStatusCode.TooManyRequests).ShouldBe(19);
    }

    [Fact]
    public async Task Logins_MoreThanCanBeLookedAt_AreTurnedAwayAtOnce()
    {
        await using var api = new LlmApiFactory(demo: true);
        var replies = await Task.WhenAll(Enumerable.Range(0, 60).Select(async i =>
        {
            using var visitor = new Visitor(api);
            using var reply = await visitor.LoginAsync($"nobody-{i}", "some-password");
            return (reply.StatusCode, Wait: reply.StatusCode is HttpStatusCode.TooManyRequests ? reply.Header("Retry-After") : "", Text: await reply.TextAsync());
        }));

        var refused = replies.Where(reply => reply.StatusCode is HttpStatusCode.TooManyRequests).ToList();
        refused.ShouldNotBeEmpty();
        refused.ShouldAllBe(reply => reply.Wait == "1" && reply.Text.Contains("too_many_logins"));
        replies.Count(reply => reply.StatusCode is HttpStatusCode.Unauthorized).ShouldBe(60 - refused.Count);
        using var admin = await Visitor.LoggedInAsync(api);
    }

    [Fact]
    public async Task Lock_MadeByAClockThatWasAhead_IsNone()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var visitor = new Visitor(api);
        for (var i = 0; i < 5; i++)
        {
            (await visitor.LoginAsync("admin", "wrong-password")).Dispose();
        }

        using var locked = await visitor.LoginAsync("admin", EmptyState.AdminPassword);
        locked.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        await api.Services.GetRequiredService<StateStore>().WriteAsync(
            topic: null,
            context => context.FailedLogins.ExecuteUpdateAsync(
                set => set.SetProperty(one => one.LockedUntil, DateTimeOffset.UtcNow.AddDays(3)), Cancelled),
            Cancelled);

        using var admin = await Visitor.LoggedInAsync(api);
    }

    [Fact]
    public async Task Lock_WithEachFurtherWrongPassword_IsLonger()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var api = new LlmApiFactory(demo: true, configure: services => services.AddSingleton<TimeProvider>(time));
        using var visitor = new Visitor(api);
        var waits = new List<int>();
        for (var i = 0; i < 12; i++)
        {
            using var wrong = await visitor.LoginAsync("admin", "wrong-password");
            wrong.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            using var next = await visitor.LoginAsync("admin", EmptyState.AdminPassword);
            if (i < 4)
            {
                // A right one in between, and counting would begin anew.
                next.StatusCode.ShouldBe(HttpStatusCode.OK);
                i = 3;
                for (var again = 0; again < 4; again++)
                {
                    using var wrongAgain = await visitor.LoginAsync("admin", "wrong-password");
                    wrongAgain.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
                }

                continue;
            }

            next.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            waits.Add(int.Parse(next.Header("Retry-After"), System.Globalization.CultureInfo.InvariantCulture));
            time.Advance(TimeSpan.FromSeconds(waits[^1]));
        }

        waits.ShouldBe([30, 60, 120, 240, 480, 900, 900, 900]);
    }

    [Fact]
    public async Task Password_OnceChanged_EndsAllOtherSessionsAtAllReplicas()
    {
        await using var cluster = await Replicas.StartAsync(2);
        using var admin = await Visitor.LoggedInAsync(cluster.All[0]);
        await admin.CreateUserAsync("somebody", Password);
        using var here = await Visitor.LoggedInAsync(cluster.All[0], "somebody", Password);
        using var there = await Visitor.LoggedInAsync(cluster.All[1], "somebody", Password);

        (await here.StatusAsync("POST", "/api/me/password", new() { ["currentPassword"] = "not-this-one", ["newPassword"] = "the-next-password" }))
            .ShouldBe(HttpStatusCode.Unauthorized);
        (await there.StatusAsync("GET", "/api/me")).ShouldBe(HttpStatusCode.OK);
        (await here.StatusAsync("POST", "/api/me/password", new() { ["currentPassword"] = Password, ["newPassword"] = "the-next-password" }))
            .ShouldBe(HttpStatusCode.NoContent);

        using var hereThere = here.At(cluster.All[1]);
        (await hereThere.StatusAsync("GET", "/api/me")).ShouldBe(HttpStatusCode.OK);
        (await here.StatusAsync("GET", "/api/me")).ShouldBe(HttpStatusCode.OK);
        await Eventually.IsTrue(
            async () => await there.StatusAsync("GET", "/api/me") is HttpStatusCode.Unauthorized, TimeSpan.FromSeconds(10), "the other session has ended", Cancelled);
        using var old = await there.LoginAsync("somebody", Password);
        old.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("disable")]
    [InlineData("delete")]
    [InlineData("demote")]
    public async Task Session_OfAUserWhoIsNotWhatTheyWere_EndsOrLosesItsRights(string what)
    {
        await using var cluster = await Replicas.StartAsync(2);
        using var admin = await Visitor.LoggedInAsync(cluster.All[0]);
        var id = await admin.CreateUserAsync("second", Password, new() { ["role"] = "admin" });
        using var second = await Visitor.LoggedInAsync(cluster.All[1], "second", Password);
        (await second.StatusAsync("GET", "/api/users")).ShouldBe(HttpStatusCode.OK);

        (what switch
        {
            "disable" => await admin.StatusAsync("PATCH", $"/api/users/{id}", new() { ["disabled"] = true }),
            "delete" => await admin.StatusAsync("DELETE", $"/api/users/{id}"),
            _ => await admin.StatusAsync("PATCH", $"/api/users/{id}", new() { ["role"] = "user" }),
        }).ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.NoContent);

        var expected = what == "demote" ? HttpStatusCode.Forbidden : HttpStatusCode.Unauthorized;
        await Eventually.IsTrue(async () => await second.StatusAsync("GET", "/api/users") == expected, TimeSpan.FromSeconds(10), "it has no rights", Cancelled);
        using var again = await second.LoginAsync("second", Password);
        again.IsSuccessStatusCode.ShouldBe(what == "demote");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"username":"admin"}""")]
    [InlineData("""{"username":"admin","password":7}""")]
    [InlineData("""{"username":"admin","username":"admin","password":"a"}""")]
    [InlineData("""{"username":"\ud800","password":"a"}""")]
    public async Task Login_ThatIsNone_Is400(string body)
    {
        await using var api = new LlmApiFactory(demo: true);
        using var client = api.CreateClient();

        using var response = await client.AskAsync("/api/login", body);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        await response.ErrorAsync();
    }
}
