using System.Net;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Edge;

public abstract partial class EdgeTests
{
    private const string AllowOrigin = "access-control-allow-origin";
    private const string ExposeHeaders = "access-control-expose-headers";
    private const string App = "https://app.example";

    private static readonly string[] Exposed =
    [
        "x-request-id", "x-freegpt4-provider", "x-freegpt4-model", "x-freegpt4-fallbacks", "x-freegpt4-replica", "x-freegpt4-usage",
        "openai-processing-ms", "retry-after", "x-should-retry",
    ];

    [Fact]
    public async Task Answer_ToPageOfAnyOrigin_MayBeReadByItForApiOnly()
    {
        await using var replica = await Replica.StartAsync(ReadBody);
        await using var edge = await Program.StartAsync(replica.Address, ("RATE_LIMIT_API", "off"), ("RATE_LIMIT_SETTINGS", "off"));

        foreach (var (method, path) in ((string, string)[])[
            ("GET", "/v1/models"), ("POST", "/v1/chat/completions"), ("GET", "/v1"), ("GET", "/?text=hi"), ("POST", "/?text=hi"), ("DELETE", "/v1/files/1")])
        {
            using var response = await SendFromPageAsync(edge, method, path, App);

            Header(response, AllowOrigin).ShouldBe("*", $"{method} {path}");
            List(response, ExposeHeaders).ShouldBe(Exposed, ignoreOrder: true);
            response.Headers.Contains("access-control-allow-credentials").ShouldBeFalse();
        }

        foreach (var path in (string[])["/", "/api/settings", "/login", "/settings", "/settings?text=hi", "/models", "/assets/app.js", "/health", "/status", "/v1x"])
        {
            using var response = await SendFromPageAsync(edge, "GET", path, App);

            CorsHeaders(response).ShouldBeEmpty(path);
        }

        using var noPage = await edge.Client.GetAsync("/v1/models", Cancelled);
        CorsHeaders(noPage).ShouldBeEmpty();
    }

    [Fact]
    public async Task Preflight_OfAnyOrigin_IsAnsweredByEdge()
    {
        using var refusing = UnreachableReplica.Refusing();
        await using var edge = await Program.StartAsync(refusing.Address);

        foreach (var path in (string[])["/v1/chat/completions", "/?text=hi"])
        {
            using var request = Preflight(path, App);
            request.Headers.Add("Access-Control-Request-Headers", "authorization,content-type,x-stainless-os");
            using var response = await edge.Client.SendAsync(request, Cancelled);

            response.StatusCode.ShouldBe(HttpStatusCode.NoContent, path);
            (await response.Content.ReadAsStringAsync(Cancelled)).ShouldBeEmpty();
            Header(response, AllowOrigin).ShouldBe("*");
            List(response, "access-control-allow-methods").Except(["HEAD"])
                .ShouldBe(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"], ignoreOrder: true);
            List(response, "access-control-allow-headers").ShouldBe(["authorization", "content-type", "x-stainless-os"], ignoreOrder: true);
            Header(response, "access-control-max-age").ShouldBe("7200");
            Header(response, RequestId).ShouldNotBeNullOrEmpty();
            response.Headers.Contains("access-control-allow-credentials").ShouldBeFalse();
        }

        // Neither is one: the first asks nothing, the other is for a path without CORS. Both go to the replica.
        using var plain = await SendFromPageAsync(edge, "OPTIONS", "/v1/models", App);
        using var elsewhere = await edge.Client.SendAsync(Preflight("/settings", App), Cancelled);
        plain.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        elsewhere.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        CorsHeaders(elsewhere).ShouldBeEmpty();
    }

    [Fact]
    public async Task ErrorOfEdge_ForPage_MayBeReadByIt()
    {
        using var refusing = UnreachableReplica.Refusing();
        await using var edge = await Program.StartAsync(refusing.Address, ("MAX_BODY_SIZE", "1K"));

        using var unreachable = await SendFromPageAsync(edge, "GET", "/v1/models", App);
        using var tooLong = await SendFromPageAsync(edge, "POST", "/v1/chat/completions", App, new ByteArrayContent(new byte[2000]));
        using var elsewhere = await SendFromPageAsync(edge, "GET", "/api/settings", App);

        unreachable.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        tooLong.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        foreach (var response in (HttpResponseMessage[])[unreachable, tooLong])
        {
            Header(response, AllowOrigin).ShouldBe("*");
            List(response, ExposeHeaders).ShouldBe(Exposed, ignoreOrder: true);
        }

        elsewhere.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        CorsHeaders(elsewhere).ShouldBeEmpty();
    }

    [Fact]
    public async Task Origins_InList_AreAllowedAndNoOthers()
    {
        await using var replica = await Replica.StartAsync(context =>
        {
            context.Response.Headers.Vary = "Accept-Encoding";
            return Task.CompletedTask;
        });
        await using var edge = await Program.StartAsync(replica.Address, ("CORS_ORIGINS", $"{App}, http://localhost:3000"), ("RATE_LIMIT_API", "off"));

        foreach (var origin in (string[])[App, "http://localhost:3000"])
        {
            using var response = await SendFromPageAsync(edge, "GET", "/v1/models", origin);
            using var preflight = await edge.Client.SendAsync(Preflight("/v1/models", origin), Cancelled);

            Header(response, AllowOrigin).ShouldBe(origin);
            List(response, "vary").ShouldBe(["accept-encoding", "origin"], ignoreOrder: true);
            Header(preflight, AllowOrigin).ShouldBe(origin);
            List(preflight, "vary").ShouldContain("origin");
        }

        foreach (var origin in (string[])[
            "http://app.example", "https://app.example:8443", "https://app.example.evil.example", "https://evilapp.example", "https://appxexample",
            "https://evil.example/https://app.example", "http://localhost", "null", "https://app.example,http://localhost:3000", "*"])
        {
            using var response = await SendFromPageAsync(edge, "GET", "/v1/models", origin);
            using var preflight = await edge.Client.SendAsync(Preflight("/v1/models", origin), Cancelled);

            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            CorsHeaders(response).ShouldBeEmpty(origin);
            preflight.StatusCode.ShouldBe(HttpStatusCode.NoContent);
            CorsHeaders(preflight).ShouldBeEmpty(origin);
        }
    }

    [Fact]
    public async Task Cors_Off_AddsNothingAndOptionsGoToReplica()
    {
        await using var replica = await Replica.StartAsync(context =>
        {
            context.Response.StatusCode = StatusCodes.Status418ImATeapot;
            return Task.CompletedTask;
        });
        await using var edge = await Program.StartAsync(replica.Address, ("CORS_ORIGINS", "off"));

        using var preflight = await edge.Client.SendAsync(Preflight("/v1/models", App), Cancelled);
        using var response = await SendFromPageAsync(edge, "GET", "/v1/models", App);

        foreach (var answer in (HttpResponseMessage[])[preflight, response])
        {
            ((int)answer.StatusCode).ShouldBe(418);
            CorsHeaders(answer).ShouldBeEmpty();
        }
    }

    private static HttpRequestMessage Preflight(string path, string origin)
    {
        var request = new HttpRequestMessage(HttpMethod.Options, path) { Headers = { { "Access-Control-Request-Method", "POST" } } };
        request.Headers.TryAddWithoutValidation("Origin", origin);
        return request;
    }

    private static async Task<HttpResponseMessage> SendFromPageAsync(
        RunningEdge edge, string method, string path, string origin, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = content };
        request.Headers.TryAddWithoutValidation("Origin", origin);
        return await edge.Client.SendAsync(request, Cancelled);
    }

    private static string? Header(HttpResponseMessage response, string name)
        => response.Headers.TryGetValues(name, out var values) ? values.Single() : null;

    private static IEnumerable<string> List(HttpResponseMessage response, string name)
        => (response.Headers.TryGetValues(name, out var values) ? values : [])
            .SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries))
            .Select(value => name.EndsWith("methods", StringComparison.Ordinal) ? value : value.ToLowerInvariant());

    private static IEnumerable<string> CorsHeaders(HttpResponseMessage response)
        => response.Headers.Select(header => header.Key).Where(name => name.StartsWith("access-control-", StringComparison.OrdinalIgnoreCase));
}
