using System.Net;
using FreeGpt4.Tests.Edge;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Proxy;

public sealed class CorsTests
{
    private const string Origin = "https://app.example";

    [Theory]
    [InlineData("/v1/models", true)]
    [InlineData("/V1/chat/completions?a=b", true)]
    [InlineData("/?text=hi", true)]
    [InlineData("/", false)]
    [InlineData("/models", false)]
    [InlineData("/v11", false)]
    [InlineData("/settings", false)]
    [InlineData("/api/settings", false)]
    public async Task Answer_OfAnyPath_IsReadableOnlyFromTheApi(string path, bool isReadable)
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = new ProxyFactory([replica.Address]);

        using var response = await SendAsync(edge, HttpMethod.Get, path, Origin);

        Header(response, "access-control-allow-origin").ShouldBe(isReadable ? "*" : null);
        (Header(response, "access-control-expose-headers")?.Contains("x-freegpt4-replica") == true).ShouldBe(isReadable);
        Header(response, "access-control-allow-credentials").ShouldBeNull();
    }

    [Fact]
    public async Task Preflight_OfTheApi_IsAnsweredByEdge()
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = new ProxyFactory([replica.Address]);

        using var response = await SendAsync(
            edge, HttpMethod.Options, "/v1/chat/completions", Origin,
            ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization,x-stainless-os"));

        response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        Header(response, "access-control-allow-origin").ShouldBe("*");
        Header(response, "access-control-allow-methods").ShouldBe("GET,POST,PUT,PATCH,DELETE,OPTIONS");
        Header(response, "access-control-allow-headers").ShouldBe("authorization,x-stainless-os");
        Header(response, "access-control-max-age").ShouldBe("7200");
        response.Headers.Contains("x-request-id").ShouldBeTrue();
        replica.ConnectionOfRequest.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("https://app.example", true)]
    [InlineData("https://other.example", false)]
    [InlineData("null", false)]
    public async Task Origins_Listed_AreAllowedByName(string origin, bool isAllowed)
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = new ProxyFactory([replica.Address]).With("CORS_ORIGINS", "https://app.example");

        using var response = await SendAsync(edge, HttpMethod.Get, "/v1/models", origin);
        using var preflight = await SendAsync(edge, HttpMethod.Options, "/v1/models", origin, ("Access-Control-Request-Method", "GET"));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        Header(response, "access-control-allow-origin").ShouldBe(isAllowed ? origin : null);
        Header(response, "vary").ShouldBe("Origin", "A cache gives the answer for one origin to no other.");
        preflight.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        Header(preflight, "access-control-allow-origin").ShouldBe(isAllowed ? origin : null);
        Header(preflight, "access-control-allow-methods").ShouldBe(isAllowed ? "GET,POST,PUT,PATCH,DELETE,OPTIONS" : null);
    }

    [Fact]
    public async Task Error_OfEdge_IsReadable()
    {
        using var refusing = UnreachableReplica.Refusing();
        await using var edge = new ProxyFactory([refusing.Address]).With("MAX_BODY_SIZE", "1K").With("RATE_LIMIT_BURST", "1");

        using var unreachable = await SendAsync(edge, HttpMethod.Get, "/v1/models", Origin);
        using var tooLong = await SendAsync(edge, HttpMethod.Get, $"/v1/{new string('a', 25_000)}", Origin);
        using var large = new HttpRequestMessage(HttpMethod.Post, "/v1/models") { Content = new ByteArrayContent(new byte[2048]), Headers = { { "Origin", Origin } } };
        using var tooLarge = await edge.Client.SendAsync(large, TestContext.Current.CancellationToken);

        unreachable.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        tooLong.StatusCode.ShouldBe(HttpStatusCode.RequestUriTooLong);
        ((int)tooLarge.StatusCode).ShouldBeOneOf(413, 429);
        foreach (var error in (HttpResponseMessage[])[unreachable, tooLong, tooLarge])
        {
            Header(error, "access-control-allow-origin").ShouldBe("*");
        }
    }

    [Fact]
    public async Task Off_Preflight_GoesToReplica()
    {
        await using var replica = await Replica.StartAsync(context => context.Response.WriteAsync("mine", context.RequestAborted));
        await using var edge = new ProxyFactory([replica.Address]).With("CORS_ORIGINS", "off");

        using var response = await SendAsync(edge, HttpMethod.Options, "/v1/models", Origin, ("Access-Control-Request-Method", "GET"));

        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe("mine");
        Header(response, "access-control-allow-origin").ShouldBeNull();
    }

    private static async Task<HttpResponseMessage> SendAsync(
        ProxyFactory edge, HttpMethod method, string path, string origin, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Headers = { { "Origin", origin } } };
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return await edge.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static string? Header(HttpResponseMessage response, string name)
        => response.Headers.TryGetValues(name, out var values) ? string.Join(',', values).Replace(" ", "", StringComparison.Ordinal) : null;
}
