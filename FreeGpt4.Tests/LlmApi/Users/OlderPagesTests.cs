using System.Net;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.LlmApi.Users;

/// <summary>Pages and forms that programs and people know from FreeGPT4, without what was unsafe about them.</summary>
public sealed class OlderPagesTests
{
    private const string Password = "a-password-of-a-user";

    [Fact]
    public async Task LoginPage_WithNameAndPassword_LeadsToTheSettings()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var visitor = new Visitor(api);
        using var page = await visitor.SendAsync("GET", "/login", content: null);
        var html = await page.TextAsync();
        var token = html.Split("value=\"")[1].Split('"')[0];

        using var wrong = await visitor.PostFormAsync("/login", ("username", "<b>"), ("password", Password), ("antiforgery_token", token));
        using var right = await visitor.PostFormAsync(
            "/login", ("username", "admin"), ("password", EmptyState.AdminPassword), ("antiforgery_token", token));
        using var settings = await visitor.SendAsync("GET", "/settings", content: null);

        page.Header("Content-Security-Policy").ShouldStartWith("default-src 'none'");
        html.ShouldNotContain("<script", Case.Insensitive);
        wrong.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await wrong.TextAsync()).ShouldNotContain("<b>");
        (await wrong.TextAsync()).ShouldNotContain(Password);
        right.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        right.Headers.Location.ShouldBe(new Uri("/settings", UriKind.Relative));
        settings.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await settings.TextAsync()).ShouldContain("admin");
    }

    [Fact]
    public async Task Settings_OfNobody_LeadToTheLogin()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var visitor = new Visitor(api);

        using var settings = await visitor.SendAsync("GET", "/settings", content: null);

        settings.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        settings.Headers.Location.ShouldBe(new Uri("/login", UriKind.Relative));
    }

    [Fact]
    public async Task GenerateToken_ByItsOwner_IsATokenThatWorks()
    {
        await using var api = new LlmApiFactory(demo: true, settings: ("PRIVATE_MODE", "true"));
        using var admin = await Visitor.LoggedInAsync(api);
        using var stranger = new Visitor(api);

        using var link = await admin.SendAsync("GET", "/generatetoken", content: null);
        using var refused = await stranger.SendAsync("POST", "/generatetoken", content: null);
        using var made = await admin.SendAsync("POST", "/generatetoken", content: null);

        link.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        link.Content.Headers.Allow.ShouldBe(["POST"]);
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await admin.JsonAsync("GET", "/api/me/tokens"))["tokens"]!.AsArray().ShouldHaveSingleItem();
        using var program = new Visitor(api) { Token = await made.TextAsync() };
        (await program.StatusAsync("GET", "/?text=hi")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task SaveOfAUser_WithPasswordInTheForm_ChangesWhatIsThere()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var admin = await Visitor.LoggedInAsync(api);
        var id = await admin.CreateUserAsync("somebody", Password, new() { ["systemPrompt"] = "stays" });
        await admin.CreateUserAsync("another", Password);
        using var program = new Visitor(api);

        using var saved = await program.PostFormAsync(
            "/save/somebody", ("password", Password), ("provider", "Auto"), ("model", "m"), ("message_history", "true"), ("new_password", "the-next-password"), ("confirm_password", "the-next-password"));
        using var old = await program.PostFormAsync("/save/somebody", ("password", Password), ("model", "x"));
        using var others = await program.PostFormAsync("/save/somebody", ("username", "another"), ("password", Password), ("model", "x"));
        using var differ = await program.PostFormAsync("/save/somebody", ("password", "the-next-password"), ("new_password", "one-of-them-is"), ("confirm_password", "not-the-other"));
        using var nobody = await program.PostFormAsync("/save/nobody", ("model", "x"));

        (await saved.TextAsync()).ShouldBe("Settings saved successfully!");
        old.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        others.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        differ.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        nobody.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var now = await admin.JsonAsync("GET", $"/api/users/{id}");
        now.Value("model").ShouldBe("m");
        now.Value("history").ShouldBe("true");
        now.Value("systemPrompt").ShouldBe("stays");
    }

    [Theory]
    [InlineData("/save/somebody")]
    [InlineData("/save")]
    public async Task Save_OfAPasswordOfOnesOwn_NeedsTheOneThatOneHas(string path)
    {
        const string Next = "the-next-password";
        await using var api = new LlmApiFactory(demo: true);
        using var admin = await Visitor.LoggedInAsync(api);
        var id = await admin.CreateUserAsync("somebody", Password, new() { ["role"] = "admin" });
        using var bySession = await Visitor.LoggedInAsync(api, "somebody", Password);
        using var byToken = new Visitor(api) { Token = (await admin.CreateTokenAsync(id)).Token };

        foreach (var visitor in (Visitor[])[bySession, byToken])
        {
            using var without = await visitor.PostFormAsync(path, ("new_password", Next), ("confirm_password", Next));
            using var wrong = await visitor.PostFormAsync(path, ("password", "not-the-password"), ("new_password", Next), ("confirm_password", Next));

            without.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            (await without.TextAsync()).Trim().Split('\n').ShouldHaveSingleItem().ShouldContain("'password'");
            wrong.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        }

        using var still = new Visitor(api);
        using var login = await still.LoginAsync("somebody", Password);
        login.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var right = await byToken.PostFormAsync(path, ("password", Password), ("new_password", Next), ("confirm_password", Next));
        right.StatusCode.ShouldBe(HttpStatusCode.OK, await right.TextAsync());
        using var byAdmin = await admin.PostFormAsync("/save/somebody", ("new_password", Password), ("confirm_password", Password));
        byAdmin.StatusCode.ShouldBe(HttpStatusCode.OK, await byAdmin.TextAsync());
    }

    [Fact]
    public async Task Save_ByAnAdmin_ChangesTheSettingsThatAreThere()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var admin = await Visitor.LoggedInAsync(api);
        await admin.CreateUserAsync("somebody", Password);
        using var program = new Visitor(api);

        using var saved = await program.PostFormAsync(
            "/save", ("username", "admin"), ("password", EmptyState.AdminPassword), ("remove_sources", "false"), ("provider", "Auto"), ("port", "5500"));
        using var bySession = await admin.PostFormAsync("/save", ("model", "m"));
        using var wrong = await admin.PostFormAsync("/save", ("keyword", "no keyword"));
        using var byUser = await program.PostFormAsync("/save", ("username", "somebody"), ("password", Password), ("model", "x"));

        (await saved.TextAsync()).ShouldBe("Settings saved and applied successfully!");
        bySession.StatusCode.ShouldBe(HttpStatusCode.OK);
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        byUser.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        var stored = (await admin.JsonAsync("GET", "/api/settings"))["settings"]!.AsArray().ToDictionary(setting => setting.Value("name")!, setting => setting.Value("value"));
        stored["PROVIDER"].ShouldBe("Auto");
        stored["REMOVE_SOURCES"].ShouldBe("false");
        stored["MODEL"].ShouldBe("m");
        stored["KEYWORD"].ShouldBe("text");
    }
}
