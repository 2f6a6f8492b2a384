using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Edge;

public abstract partial class EdgeTests
{
    private static readonly string[] LimitedPages = ["/settings", "/login", "/save", "/generatetoken"];

    // What the replica takes for one of its settings pages, and what it may or may not take for one.
    private static readonly string[] SpellingsOfSettings =
    [
        "/SETTINGS", "/Settings/", "/settings/users", "/settings?x=1", "/%73ettings", "/s%65tting%53", "/%53ETTINGS/", "/./settings",
        "/assets/../settings", "/assets/%2e%2e/settings", "/assets/%2E./settings", "/v1/x/../../settings", "/../settings", "/status/../settings",
        "/health/../settings", "/settings/.", "/settings/x/..", "/settings/./x", "http://a/settings", "http://a/assets/../%73ettings",
        "/login", "/LOGIN", "/save", "/generatetoken?user=a", "/GenerateToken",
    ];

    private static readonly string[] NearlySettings =
    [
        "//settings", "///settings", "/assets//../settings", "/assets/..%2fsettings", "/assets/%2e%2e%2fsettings", "/%2fsettings", "/settings%2f",
        "/%2573ettings", "/settings%00", "/settings;a", "/settings%20", "/settings%3fx", "/\\settings", "/assets/..\\settings", "/%5csettings",
        "/%C5%BFettings", "/settings#x", "/settings%23x", "/settings\t", "*", "settings",
    ];

    [Fact]
    public async Task SettingsPage_HoweverItsPathIsSpelled_CountsAsOne()
    {
        // Routed as the API does it: by the path that the server hands on, without case, and with all that is below.
        await using var replica = await Replica.StartAsync(context =>
        {
            context.Response.Headers["x-page"] = LimitedPages.Any(page => context.Request.Path.StartsWithSegments(page)) ? "settings" : "other";
            context.Response.ContentLength = 0;
            return Task.CompletedTask;
        });
        await using var edge = await Program.StartAsync(
            replica.Address, ("RATE_LIMIT_API", "off"), ("RATE_LIMIT_SETTINGS", Slow), ("RATE_LIMIT_SETTINGS_BURST", "off"));

        var evaded = new List<string>();
        foreach (var (spelling, number) in SpellingsOfSettings.Concat(NearlySettings).Select((spelling, number) => (spelling, number)))
        {
            var client = $"127.2.0.{number + 1}";
            (await edge.AskFromAsync(client, "/settings")).Answer.ShouldContain("x-page: settings", Case.Insensitive);

            var (status, answer) = await edge.AskFromAsync(client, spelling);
            var reachesPage = answer.Contains("x-page: settings", StringComparison.OrdinalIgnoreCase);
            if (reachesPage || (number < SpellingsOfSettings.Length && status is not (429 or 400)))
            {
                evaded.Add($"{spelling} ({status})");
            }
        }

        evaded.ShouldBeEmpty();
    }

    [Fact]
    public async Task ApiWrite_WhateverItsMethod_CountsAsSettingsAndReadingDoesNot()
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = await Program.StartAsync(
            replica.Address, ("RATE_LIMIT_API", "off"), ("RATE_LIMIT_SETTINGS", Slow), ("RATE_LIMIT_SETTINGS_BURST", "off"));
        await edge.AskFromAsync(OneClient, "/settings");

        foreach (var (method, target) in ((string, string)[])[
            ("PUT", "/api/settings"), ("POST", "/API/users"), ("PATCH", "/%61pi/x"), ("DELETE", "/v1/../api/x"), ("PROPFIND", "/api/x"), ("POST", "/api")])
        {
            (await edge.AskFromAsync(OneClient, target, method)).Status.ShouldBe(429, $"{method} {target}");
        }

        foreach (var method in (string[])["GET", "HEAD", "OPTIONS"])
        {
            (await edge.AskFromAsync(OneClient, "/api/settings", method)).Status.ShouldBe(200, method);
        }

        (await edge.AskFromAsync(OneClient, "/api/conversations/1/messages", "POST")).Status.ShouldBe(200);
        (await edge.AskFromAsync(OneClient, "/api/conversationsabc", "POST")).Status.ShouldBe(429);
        (await edge.AskFromAsync(OneClient, "/settingsabc")).Status.ShouldBe(200);
        (await edge.AskFromAsync(OneClient, "/v1/settings")).Status.ShouldBe(200);

        // Not a preflight that the edge answers: there is no CORS for this path.
        var pretended = "OPTIONS /settings HTTP/1.1\r\nHost: a\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: GET\r\nConnection: close\r\n\r\n";
        (await edge.SendRawFromAsync(OneClient, pretended)).Status.ShouldBe(429);
    }

    [Fact]
    public async Task ApiRequest_SpelledAsWhatDoesNotCount_Counts()
    {
        await using var replica = await Replica.StartAsync(context =>
        {
            context.Response.Headers["x-page"] = context.Request.Path.StartsWithSegments("/v1") ? "api" : "other";
            context.Response.ContentLength = 0;
            return Task.CompletedTask;
        });
        await using var edge = await Program.StartAsync(replica.Address, ("RATE_LIMIT_API", Slow), ("RATE_LIMIT_BURST", "off"));

        var evaded = new List<string>();
        foreach (var (spelling, number) in ((string[])[
            "/assets/../v1/models", "/assets/%2e%2e/v1/models", "/ASSETS/../v1/models", "/assets/./../v1/models", "/assets/a/../../v1/models",
            "/status/../v1/models", "/health/../v1/models", "/alive/%2E%2E/v1/models", "/status/..%2fv1/models", "/assets/..%2fv1/models",
            "/assets//../v1/models", "//assets/../v1/models", "/assets\\..\\v1/models", "http://a/assets/../v1/models", "/v1/models?/assets/",
            "/v1/models#/assets/", "/V1/models", "/%761/models"]).Select((spelling, number) => (spelling, number)))
        {
            var client = $"127.3.0.{number + 1}";
            (await edge.AskFromAsync(client, "/v1/models")).Status.ShouldBe(200);

            if ((await edge.AskFromAsync(client, spelling)).Answer.Contains("x-page: api", StringComparison.OrdinalIgnoreCase))
            {
                evaded.Add(spelling);
            }
        }

        evaded.ShouldBeEmpty();
    }
}
