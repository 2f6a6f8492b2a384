using System.Globalization;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Edge;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Proxy;

public sealed class UnreadableRequestTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("no request at all\r\n\r\n", 400, "bad_request")]
    [InlineData("GET /?token=two words HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request")]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400, "bad_request")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "bad_request")]
    [InlineData("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "bad_request")]
    [InlineData("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nx: \0\r\n\r\n", 400, "bad_request")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nx: 1\r\n folded\r\n\r\n", 400, "bad_request")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "bad_request")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "bad_request")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400, "bad_request")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: unheard\r\n\r\n", 400, "bad_request")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n", 400, "bad_request")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400, "bad_request")]
    [InlineData("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method_not_allowed")]
    public async Task Request_ThatCannotBeRead_IsEnvelopeAndReachesNoReplica(string request, int status, string code)
    {
        var served = 0;
        await using var replica = await Replica.StartAsync(context =>
        {
            Interlocked.Increment(ref served);
            return context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        });
        await using var edge = new ProxyFactory([replica.Address]);

        (await SendAsync(edge, request)).ShouldBe((status, code));

        // The replica may have seen the head of a body that turned out bad.
        served.ShouldBeLessThanOrEqualTo(request.Contains("xyz", StringComparison.Ordinal) ? 1 : 0);
        using var after = await edge.Client.GetAsync("/v1/models", Cancelled);
        after.IsSuccessStatusCode.ShouldBeTrue();
    }

    [Theory]
    [InlineData(24_000, 0, 414, "address_too_long")]
    [InlineData(23_000, 0, 502, "replica_unreachable")]
    [InlineData(70_000, 0, 414, "address_too_long")]
    [InlineData(0, 32_000, 431, "headers_too_large")]
    [InlineData(0, 70_000, 431, "headers_too_large")]
    [InlineData(7_900, 20_000, 502, "replica_unreachable")]
    public async Task Head_OfRequest_HasLimits(int query, int header, int status, string code)
    {
        using var refusing = UnreachableReplica.Refusing();
        await using var edge = new ProxyFactory([refusing.Address]);

        var request = $"GET /?{new string('q', query)} HTTP/1.1\r\nHost: a\r\nx-long: {new string('h', header)}\r\n\r\n";

        (await SendAsync(edge, request)).ShouldBe((status, code));
    }

    [Theory]
    [InlineData("/a/../../../etc/passwd", "/etc/passwd")]
    [InlineData("/assets/..%2f..%2fsettings", "/assets/..%2f..%2fsettings")]
    [InlineData("/%2573ettings", "/%73ettings")]
    [InlineData("//settings", "//settings")]
    public async Task Path_OfAnySpelling_IsTheSameForEdgeAndReplica(string path, string expected)
    {
        await using var replica = await Replica.StartAsync(context =>
        {
            context.Response.ContentLength = context.Request.Path.Value!.Length;
            return context.Response.WriteAsync(context.Request.Path.Value, context.RequestAborted);
        });
        await using var edge = new ProxyFactory([replica.Address]);
        using var client = await RawClient.ConnectAsync(edge.Client.BaseAddress!.Port);

        await client.SendAsync($"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        (await client.ReceiveAsync()).Body.ShouldBe(expected);
    }

    [Fact]
    public async Task Connections_TenThousandIdle_DoNotKeepOthersOut()
    {
        const int Idle = 10_000;
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = ServiceProcess.Start(
            "FreeGpt4.Proxy", ("ASPNETCORE_URLS", "http://127.0.0.1:0"), ("services__llm-api__http__0", replica.Address.AbsoluteUri));
        var address = await edge.AddressAsync();
        var idle = new List<Socket>(Idle);
        try
        {
            while (idle.Count < Idle)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                idle.Add(socket);
                await socket.ConnectAsync(address.Host, address.Port, Cancelled);
                if (idle.Count % 2 == 0)
                {
                    await socket.SendAsync("GET / HT"u8.ToArray(), Cancelled);
                }
            }

            using var client = new HttpClient { BaseAddress = address };
            using var response = await client.GetAsync("/v1/models", Cancelled);
            response.IsSuccessStatusCode.ShouldBeTrue();
        }
        finally
        {
            idle.ForEach(socket => socket.Dispose());
        }
    }

    private static async Task<(int Status, string Code)> SendAsync(ProxyFactory edge, string request)
    {
        using var client = await RawClient.ConnectAsync(edge.Client.BaseAddress!.Port);
        await client.SendAsync(request);
        var (head, body) = await client.ReceiveAsync();
        head.ShouldContain("\r\nContent-Type: application/json\r\n");
        head.ShouldMatch("\r\nx-request-id: req_[0-9a-f]{32}\r\n");
        head.ShouldNotContain("Kestrel", Case.Insensitive);
        return (int.Parse(head.Split(' ')[1], CultureInfo.InvariantCulture), (string)JsonNode.Parse(body)!["error"]!["code"]!);
    }
}
