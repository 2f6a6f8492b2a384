using System.Net;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Proxy;

public sealed class ClientAddressTests
{
    [Theory]
    [InlineData("off", "203.0.113.9", "https", "127.0.0.1 http")]
    [InlineData("10.0.0.0/8", "203.0.113.9", "https", "127.0.0.1 http")]
    [InlineData("127.0.0.1", "203.0.113.9", "https", "203.0.113.9 https")]
    [InlineData("127.0.0.0/8", "198.51.100.1, 203.0.113.9", "https", "203.0.113.9 https")]
    [InlineData("127.0.0.1,10.0.0.0/8", "198.51.100.1, 203.0.113.9, 10.0.0.1, 10.0.0.2", "https", "203.0.113.9 https")]
    [InlineData("127.0.0.1,10.0.0.0/8", "10.0.0.1", "http", "10.0.0.1 http")]
    [InlineData("127.0.0.1", "2001:db8::1", "https", "2001:db8::1 https")]
    [InlineData("127.0.0.1", "::ffff:203.0.113.9", "https", "203.0.113.9 https")]
    [InlineData("127.0.0.1", "not-an-address", "https", "127.0.0.1 http")]
    [InlineData("127.0.0.1", null, null, "127.0.0.1 http")]
    public async Task Replica_IsToldOneAddress_TheLastThatIsNotTrusted(string trusted, string? forwardedFor, string? proto, string expected)
    {
        await using var replica = await Replica.StartAsync(context => context.Response.WriteAsync(
            $"{string.Join('|', context.Request.Headers["X-Forwarded-For"]!)} {context.Request.Headers["X-Forwarded-Proto"]}"
            + $"{context.Request.Headers["X-Original-For"]}{context.Request.Headers["Forwarded"]}",
            context.RequestAborted));
        await using var edge = new ProxyFactory([replica.Address]).With("TRUSTED_PROXIES", trusted);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models") { Headers = { { "Forwarded", "for=203.0.113.66" } } };
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", forwardedFor);
        request.Headers.TryAddWithoutValidation("X-Forwarded-Proto", proto);

        using var response = await edge.Client.SendAsync(request, TestContext.Current.CancellationToken);

        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe(expected);
    }

    [Fact]
    public async Task Limits_BehindTrustedProxy_AreOfTheClientsAndOfIPv6ByNetwork()
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = new ProxyFactory([replica.Address]).With("TRUSTED_PROXIES", "127.0.0.1")
            .With("RATE_LIMIT_API", "1r/m").With("RATE_LIMIT_BURST", "0");

        async Task<HttpStatusCode> StatusOf(string client)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models") { Headers = { { "X-Forwarded-For", client } } };
            using var response = await edge.Client.SendAsync(request, TestContext.Current.CancellationToken);
            return response.StatusCode;
        }

        (await StatusOf("203.0.113.9")).ShouldBe(HttpStatusCode.OK);
        (await StatusOf("203.0.113.9")).ShouldBe(HttpStatusCode.TooManyRequests);
        (await StatusOf("203.0.113.10")).ShouldBe(HttpStatusCode.OK);
        (await StatusOf("2001:db8:0:1::1")).ShouldBe(HttpStatusCode.OK);
        (await StatusOf("2001:db8:0:1:ffff::2")).ShouldBe(HttpStatusCode.TooManyRequests);
        (await StatusOf("2001:db8:0:2::1")).ShouldBe(HttpStatusCode.OK);
    }
}
