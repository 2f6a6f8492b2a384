using System.Net;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Users;

/// <summary>What another site can make the browser of somebody do who has logged in.</summary>
public sealed class ForgeryTests
{
    [Theory]
    [InlineData("POST", "/api/logout")]
    [InlineData("PATCH", "/api/me")]
    [InlineData("POST", "/api/me/password")]
    [InlineData("POST", "/api/me/tokens")]
    [InlineData("POST", "/api/users")]
    [InlineData("DELETE", "/api/users/{id}")]
    [InlineData("PATCH", "/api/users/{id}")]
    [InlineData("POST", "/api/users/{id}/tokens")]
    [InlineData("POST", "/generatetoken")]
    [InlineData("POST", "/save")]
    [InlineData("POST", "/save/admin")]
    public async Task Request_WithASessionAlone_ChangesNothing(string method, string path)
    {
        await using var api = new LlmApiFactory(demo: true);
        using var admin = await Visitor.LoggedInAsync(api);
        var id = await admin.CreateUserAsync("somebody");
        var before = await AllAsync(admin, id);
        var (address, antiforgery) = (path.Replace("{id}", id, StringComparison.Ordinal), admin.Antiforgery);
        using var other = new Visitor(api);
        using var form = await other.SendAsync("GET", "/login", content: null);
        foreach (var token in (string?[])[null, "forged", await TokenInAsync(form)])
        {
            admin.Antiforgery = token;
            using var asJson = await admin.SendAsync(method, address, new JsonObject { ["name"] = "forged", ["disabled"] = true });
            asJson.StatusCode.ShouldBeOneOf(HttpStatusCode.BadRequest, HttpStatusCode.UnsupportedMediaType);
            using var asForm = await admin.PostFormAsync(
                address, ("new_password", "forged-password"), ("confirm_password", "forged-password"), ("model", "forged"), ("antiforgery_token", token ?? ""));
            asForm.StatusCode.ShouldBeOneOf(HttpStatusCode.BadRequest, HttpStatusCode.UnsupportedMediaType, HttpStatusCode.MethodNotAllowed);
        }

        admin.Antiforgery = antiforgery;
        (await AllAsync(admin, id)).ShouldBe(before);
        using var again = await Visitor.LoggedInAsync(api);
    }

    [Fact]
    public async Task Login_ByAFormOfAnotherSite_IsRefused()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var visitor = new Visitor(api);
        foreach (var path in (string[])["/login", "/settings", "/api/login"])
        {
            using var forged = await visitor.PostFormAsync(path, ("username", "admin"), ("password", EmptyState.AdminPassword));
            forged.StatusCode.ShouldBeOneOf(HttpStatusCode.BadRequest, HttpStatusCode.UnsupportedMediaType);
            visitor.Cookies.ShouldNotContainKey("freegpt4-session");
        }
    }

    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Origin", "http://127.0.0.1:1")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task Question_SentByAnotherSite_IsNobodys(string header, string value)
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream, settings: ("PRIVATE_MODE", "true"));
        using var admin = await Visitor.LoggedInAsync(api);

        using var forged = await admin.SendAsync("POST", "/", new StringContent("hi"), (header, value));
        using var own = await admin.SendAsync("POST", "/", new StringContent("hi"), ("Sec-Fetch-Site", "same-origin"));
        using var link = await admin.SendAsync("GET", "/?text=hi", content: null, (header, value));
        using var typed = await admin.SendAsync("GET", "/?text=hi", content: null, ("Sec-Fetch-Site", "none"));

        forged.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        link.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        own.StatusCode.ShouldBe(HttpStatusCode.OK);
        typed.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("https://evil.example/", false)]
    [InlineData("http://{host}/docs/", true)]
    public async Task Question_OfWhichABrowserSaysNothingElse_IsTheUsersIfAPageOfOursRefersToIt(string? referer, bool isUsers)
    {
        await using var api = new LlmApiFactory(demo: true, settings: ("PRIVATE_MODE", "true"));
        using var admin = await Visitor.LoggedInAsync(api);
        using var client = api.CreateClient();
        (string, string)[] headers = referer is null ? [] : [("Referer", referer.Replace("{host}", client.BaseAddress!.Authority, StringComparison.Ordinal))];

        using var response = await admin.SendAsync("GET", "/?text=hi", content: null, headers);

        response.StatusCode.ShouldBe(isUsers ? HttpStatusCode.OK : HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("/api/me")]
    [InlineData("/api/users")]
    [InlineData("/login")]
    [InlineData("/settings")]
    [InlineData("/save")]
    [InlineData("/generatetoken")]
    public async Task Reply_ToAnotherSite_HasNoCorsHeaders(string path)
    {
        await using var api = new LlmApiFactory(demo: true);
        using var admin = await Visitor.LoggedInAsync(api);
        foreach (var method in (string[])["GET", "OPTIONS", "POST"])
        {
            using var response = await admin.SendAsync(
                method, path, content: null, ("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST"));
            response.Headers.ShouldNotContain(header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
            response.Header("Cache-Control").ShouldBe("no-store");
        }
    }

    [Theory]
    [InlineData("", "evil.example", false)]
    [InlineData("", "localhost", true)]
    [InlineData("", "LocalHost.:15432", true)]
    [InlineData("", "app.localhost", true)]
    [InlineData("", "127.0.0.1:15432", true)]
    [InlineData("", "[::1]", true)]
    [InlineData("", "192.168.1.5:15432", true)]
    [InlineData("", "[fe80::1]", true)]
    [InlineData("", "192.168.1.5.evil.example", false)]
    [InlineData("", "localhost.evil.example", false)]
    [InlineData("", "1", false)]
    [InlineData("gpt.example.com", "gpt.example.com", true)]
    [InlineData("gpt.example.com", "GPT.example.com:443", true)]
    [InlineData("gpt.example.com", "evil.gpt.example.com", false)]
    [InlineData("gpt.example.com", "192.168.1.5", false)]
    [InlineData("gpt.example.com", "localhost", true)]
    [InlineData("*.example.com, 192.168.1.5", "gpt.example.com", true)]
    [InlineData("*.example.com, 192.168.1.5", "192.168.1.5", true)]
    [InlineData("*.example.com", "example.com", false)]
    [InlineData("*", "evil.example", true)]
    public async Task Host_ThatIsNotOurs_IsRefusedWhereABrowserActsForSomebody(string setting, string host, bool isAllowed)
    {
        await using var api = new LlmApiFactory(demo: true, settings: ("ALLOWED_HOSTS", setting));
        using var admin = await Visitor.LoggedInAsync(api);
        foreach (var path in (string[])["/api/me", "/login", "/settings", "/generatetoken", "/api/nowhere", "/API/me"])
        {
            using var response = await admin.SendAsync("GET", path, content: null, ("Host", host), ("X-Forwarded-Host", "localhost"));
            var isRefused = response.StatusCode is HttpStatusCode.BadRequest;
            isRefused.ShouldBe(!isAllowed, $"{path} at {host}");
        }

        using var models = await admin.SendAsync("GET", "/v1/models", content: null, ("Host", host));
        models.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task<string> AllAsync(Visitor admin, string id)
    {
        var users = await admin.JsonAsync("GET", "/api/users");
        foreach (var user in users["users"]!.AsArray())
        {
            user!["lastUsedAt"] = null;
        }

        return $"{users}{await admin.JsonAsync("GET", "/api/me/tokens")}{await admin.JsonAsync("GET", $"/api/users/{id}/tokens")}";
    }

    private static async Task<string> TokenInAsync(HttpResponseMessage page) => (await page.TextAsync()).Split("value=\"")[1].Split('"')[0];
}
