using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Edge;

public abstract partial class EdgeTests
{
    [Fact]
    public async Task ForwardedFor_FromTrustedProxy_IsBelievedUpToLastAddressThatIsNot()
    {
        await using var replica = await Replica.StartAsync(TellClient);
        await using var edge = await Program.StartAsync(
            replica.Address, ("TRUSTED_PROXIES", "127.0.0.1, ::1,10.0.0.0/8,2001:db8:ffff::/48"), ("RATE_LIMIT_API", "off"));

        (await ClientAsync("203.0.113.9")).ShouldBe("203.0.113.9 http");
        (await ClientAsync("198.51.100.1, 203.0.113.9")).ShouldBe("203.0.113.9 http");
        (await ClientAsync("198.51.100.1, 203.0.113.9, 10.1.2.3,10.255.0.1")).ShouldBe("203.0.113.9 http");
        (await ClientAsync("198.51.100.1", "203.0.113.9, 10.1.2.3")).ShouldBe("203.0.113.9 http");
        (await ClientAsync("2001:db8:1::1, 2001:db8:ffff::7")).ShouldBe("2001:db8:1::1 http");
        (await ClientAsync()).ShouldBe("127.0.0.1 http");

        // Nothing that is no address reaches the replica as one.
        (await ClientAsync("198.51.100.1, unknown")).ShouldBe("127.0.0.1 http");
        (await ClientAsync("<script>")).ShouldBe("127.0.0.1 http");

        using var secure = new HttpRequestMessage(HttpMethod.Get, "/")
        {
            Headers = { { "X-Forwarded-For", "203.0.113.9" }, { "X-Forwarded-Proto", "https" } },
        };
        (await TextAsync(edge.Client, secure)).ShouldBe("203.0.113.9 https");

        // A client that is no proxy of ours.
        using var other = edge.ClientFrom(OneClient);
        using var forged = new HttpRequestMessage(HttpMethod.Get, "/")
        {
            Headers = { { "X-Forwarded-For", "203.0.113.9" }, { "X-Forwarded-Proto", "https" } },
        };
        (await TextAsync(other, forged)).ShouldBe($"{OneClient} http");

        async Task<string> ClientAsync(params string[] forwardedFor)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/");
            foreach (var value in forwardedFor)
            {
                request.Headers.TryAddWithoutValidation("X-Forwarded-For", value);
            }

            return await TextAsync(edge.Client, request);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("off")]
    [InlineData("10.0.0.0/8")]
    public async Task ForwardedHeaders_FromAnyoneElse_AreReplaced(string trusted)
    {
        await using var replica = await Replica.StartAsync(TellClient);
        await using var edge = await Program.StartAsync(replica.Address, ("TRUSTED_PROXIES", trusted));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/")
        {
            Headers = { { "X-Forwarded-For", "203.0.113.9" }, { "X-Forwarded-Proto", "https" }, { "Forwarded", "for=203.0.113.9" }, { "X-Real-IP", "203.0.113.9" } },
        };

        (await TextAsync(edge.Client, request)).ShouldBe("127.0.0.1 http");
    }

    [Theory]
    [InlineData("loopback", false)]
    [InlineData("any", true)]
    public async Task Edge_ToldWhereToListen_AnswersThereOnly(string listen, bool everywhere)
    {
        using var refusing = UnreachableReplica.Refusing();
        await using var edge = await Program.StartAsync(refusing.Address, ("EDGE_LISTEN", listen));
        var addresses = NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Select(address => address.Address)
            .Where(address => !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal)
            .Append(IPAddress.Parse("127.0.0.2"));

        foreach (var address in addresses)
        {
            (await AnswersAsync(new IPEndPoint(address, edge.Port))).ShouldBe(everywhere, $"{address}");
        }

        (await AnswersAsync(new IPEndPoint(IPAddress.Loopback, edge.Port))).ShouldBeTrue();
        (await AnswersAsync(new IPEndPoint(IPAddress.IPv6Loopback, edge.Port))).ShouldBe(Socket.OSSupportsIPv6);
    }

    [Fact]
    public async Task Client_WithIPv4OnSocketOfBothFamilies_HasItsIPv4Address()
    {
        await using var replica = await Replica.StartAsync(TellClient);
        await using var edge = await Program.StartAsync(replica.Address, ("EDGE_LISTEN", "any"), ("TRUSTED_PROXIES", "127.0.0.1"));
        using var forwarded = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "X-Forwarded-For", "203.0.113.9" } } };

        (await TextAsync(edge.Client, forwarded)).ShouldBe("203.0.113.9 http");
        (await TextAsync(edge.Client, new(HttpMethod.Get, "/"))).ShouldBe("127.0.0.1 http");
    }

    private static Task TellClient(HttpContext context) => context.Response.WriteAsync(
        $"{context.Request.Headers["X-Forwarded-For"]} {context.Request.Headers["X-Forwarded-Proto"]}", context.RequestAborted);

    private static async Task<string> TextAsync(HttpClient client, HttpRequestMessage request)
    {
        using var response = await client.SendAsync(request, Cancelled);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await response.Content.ReadAsStringAsync(Cancelled);
    }

    private static async Task<bool> AnswersAsync(IPEndPoint address)
    {
        using var client = new TcpClient(address.AddressFamily);
        try
        {
            await client.ConnectAsync(address, Cancelled);
            return true;
        }
        catch (SocketException refused) when (refused.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AddressNotAvailable)
        {
            return false;
        }
    }
}
