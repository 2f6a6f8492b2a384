using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Edge;

/// <summary>Whatever is sent to it, an edge stays up, answers others, and tells nothing of the inside.</summary>
public abstract partial class HostileEdgeTests(EdgeProgram program)
{
    // All requests of a test come from one address.
    private static readonly (string, string)[] Unlimited = [("RATE_LIMIT_API", "off"), ("RATE_LIMIT_SETTINGS", "off")];

    // A head that goes on with a body in chunks, and one whose body is this long.
    private const string Chunked = "POST /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

    private const string Smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

    /// <summary>In each the edge and a replica could see the end of the request at different places.</summary>
    public static TheoryData<string, string> Smuggling => new()
    {
        { "length and chunks", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{Smuggled}" },
        { "chunks and length", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: {5 + Smuggled.Length}\r\n\r\n0\r\n\r\n{Smuggled}" },
        { "two lengths", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: {Smuggled.Length}\r\n\r\n{Smuggled}" },
        { "two lengths, the longer first", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: {Smuggled.Length}\r\nContent-Length: 0\r\n\r\n{Smuggled}" },
        { "list of lengths", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 0, {Smuggled.Length}\r\n\r\n{Smuggled}" },
        { "length with sign", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n{Smuggled}" },
        { "negative length", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n{Smuggled}" },
        { "length in hexadecimal", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 0x0\r\n\r\n{Smuggled}" },
        { "length beyond 64 bits", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n{Smuggled}" },
        { "length after a space", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length : {Smuggled.Length}\r\n\r\n{Smuggled}" },
        { "chunks after a space", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\nContent-Length: {5 + Smuggled.Length}\r\n\r\n0\r\n\r\n{Smuggled}" },
        { "chunks after a tab", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\t: chunked\r\nContent-Length: {5 + Smuggled.Length}\r\n\r\n0\r\n\r\n{Smuggled}" },
        { "unknown encoding", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\nContent-Length: {5 + Smuggled.Length}\r\n\r\n0\r\n\r\n{Smuggled}" },
        { "unknown encoding alone", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{Smuggled}" },
        { "two encodings", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n{Smuggled}" },
        { "chunked not last", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\nContent-Length: {5 + Smuggled.Length}\r\n\r\n0\r\n\r\n{Smuggled}" },
        { "encoding on a folded line", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\nContent-Length: {5 + Smuggled.Length}\r\n\r\n0\r\n\r\n{Smuggled}" },
        { "encoding folded into another header", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nx-a: b\r\n Transfer-Encoding: chunked\r\nContent-Length: {5 + Smuggled.Length}\r\n\r\n0\r\n\r\n{Smuggled}" },
        { "folded first header", $"POST /v1/x HTTP/1.1\r\n Transfer-Encoding: chunked\r\nHost: a\r\nContent-Length: {5 + Smuggled.Length}\r\n\r\n0\r\n\r\n{Smuggled}" },
        { "bare line feed before encoding", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nx-a: b\nTransfer-Encoding: chunked\r\nContent-Length: {5 + Smuggled.Length}\r\n\r\n0\r\n\r\n{Smuggled}" },
        { "bare carriage return before encoding", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nx-a: b\rTransfer-Encoding: chunked\r\nContent-Length: {5 + Smuggled.Length}\r\n\r\n0\r\n\r\n{Smuggled}" },
        { "null byte before encoding", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nx-a: b\0Transfer-Encoding: chunked\r\nContent-Length: {5 + Smuggled.Length}\r\n\r\n0\r\n\r\n{Smuggled}" },
        { "vertical tab in encoding", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \u000bchunked\r\nContent-Length: {5 + Smuggled.Length}\r\n\r\n0\r\n\r\n{Smuggled}" },
        { "size of chunk too large", $"{Chunked}FFFFFFFFFFFFFFFF0\r\n{Smuggled}\r\n0\r\n\r\n" },
        { "size of chunk that wraps", $"{Chunked}100000000\r\n\r\n0\r\n\r\n{Smuggled}" },
        { "size of chunk is no number", $"{Chunked}x\r\n\r\n0\r\n\r\n{Smuggled}" },
        { "size of chunk with prefix", $"{Chunked}0x0\r\n\r\n{Smuggled}" },
        { "size of chunk with sign", $"{Chunked}-1\r\n\r\n0\r\n\r\n{Smuggled}" },
        { "chunk longer than its size", $"{Chunked}1\r\nabc\r\n0\r\n\r\n{Smuggled}" },
        { "chunk ended by line feed", $"{Chunked}1;a=\nb\r\nx\r\n{Smuggled.Length:X}\r\n0\r\n\r\n{Smuggled}" },
        { "body of GET", $"GET /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: {Smuggled.Length}\r\n\r\n{Smuggled}" },
        { "encoding in HTTP/1.0", $"POST /v1/x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: {5 + Smuggled.Length}\r\n\r\n0\r\n\r\n{Smuggled}" },
        { "connection header names length", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nConnection: Content-Length\r\nContent-Length: {Smuggled.Length}\r\n\r\n{Smuggled}" },
        { "connection header names encoding", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nConnection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n{Smuggled.Length:X}\r\n{Smuggled}\r\n0\r\n\r\n" },
        { "upgrade that is not one", $"GET /v1/x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: {Smuggled.Length}\r\n\r\n{Smuggled}" },
        { "line break in target", $"GET /v1/x\u00a0HTTP/1.1%0d%0a HTTP/1.1\r\nHost: a\r\nContent-Length: {Smuggled.Length}\r\n\r\n{Smuggled}" },
        { "two hosts", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: {Smuggled.Length}\r\n\r\n{Smuggled}" },
        { "expects before body", $"POST /v1/x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: {Smuggled.Length}\r\n\r\n{Smuggled}" },
    };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Request_WhoseEndIsInDoubt_IsNeverASecondRequestOfAReplica()
    {
        await using var name = new ReplicaName(1);
        var asked = new ConcurrentQueue<string>();
        await using var replica = await Replica.StartAsync(
            async context =>
            {
                asked.Enqueue(context.Request.Path);
                await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
                context.Response.ContentLength = context.Request.Path.Value!.Length;
                await context.Response.WriteAsync(context.Request.Path, context.RequestAborted);
            },
            name.EndPoint(1));
        await using var edge = await program.StartAsync(name, Unlimited);

        var wrong = new List<string>();
        foreach (var row in Smuggling)
        {
            var (shape, request) = row.Data;
            var answer = await SendAsync(edge, request);
            if (InsideOf(answer, name) is { } told)
            {
                wrong.Add($"{shape}: tells {told}");
            }

            // Others on the same connections to the replica get what they asked for, not what was left over.
            foreach (var path in (string[])["/v1/first", "/v1/second"])
            {
                if (await edge.Client.GetStringAsync(path, Cancelled) is var other && other != path)
                {
                    wrong.Add($"{shape}: {path} got {other}");
                }
            }

            if (asked.Contains("/smuggled"))
            {
                wrong.Add($"{shape}: smuggled; answered {answer.Split("\r\n")[0]}");
                asked.Clear();
            }
        }

        wrong.ShouldBeEmpty();
        edge.HasExited.ShouldBeFalse();
    }

    [Fact]
    public async Task Answer_ToWhatIsNoProperRequest_TellsNothingOfTheInside()
    {
        await using var name = new ReplicaName(1);
        await using var replica = await Replica.StartAsync(
            context =>
            {
                context.Response.StatusCode = context.Request.Path.StartsWithSegments("/v1") ? 200 : 404;
                context.Response.ContentLength = 0;
                return Task.CompletedTask;
            },
            name.EndPoint(1));
        using var inside = new TcpListener(IPAddress.Loopback, 0);
        inside.Start();
        await using var edge = await program.StartAsync(name, Unlimited);

        var wrong = new List<string>();
        foreach (var request in Improper(inside.LocalEndpoint.ToString()!))
        {
            var answer = await SendAsync(edge, request);
            var line = request[..Math.Min(request.Length, 60)].ReplaceLineEndings("|");

            // Its own words, or none at all.
            if (answer.Length > 0 && !AnyStatusOfRefusal().IsMatch(answer) && !answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
            {
                wrong.Add($"{line}: {answer}");
            }

            if (InsideOf(answer, name) is { } told)
            {
                wrong.Add($"{line}: tells {told}");
            }
        }

        wrong.ShouldBeEmpty();
        inside.Pending().ShouldBeFalse("it is no proxy for other servers");
        (await edge.Client.GetAsync("/v1/models", Cancelled)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static IEnumerable<string> Improper(string inside) =>
    [
        "no request at all\r\n\r\n", "\r\n\r\n\r\n", "\0\0\0\0\r\n\r\n", "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003\r\n\r\n",
        "GET / HTTP/3.0\r\nHost: a\r\n\r\n", "GET /\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n: no name\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
        $"G{new string('E', 10_000)}T / HTTP/1.1\r\nHost: a\r\n\r\n", $"GET /{new string('a', 200_000)} HTTP/1.1\r\nHost: a\r\n\r\n",
        $"GET / HTTP/1.1\r\nHost: a\r\nx-long: {new string('h', 200_000)}\r\n\r\n",
        $"GET / HTTP/1.1\r\nHost: a\r\n{string.Concat(Enumerable.Range(0, 5000).Select(number => $"x-{number}: y\r\n"))}\r\n",
        $"POST {Head("Content-Length: 99999999999")}", $"POST {Head("Content-Length: 99999999999999999999999")}",
        .. ((string[])[
            "/../../../etc/passwd", "/assets/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2fetc%2fpasswd", "/assets/..%5c..%5cetc",
            "/assets/....//....//etc/passwd", "/%c0%ae%c0%ae/etc/passwd", "/..;/etc", "/v1/\0", "/v1/%00", "/assets/%00.js", "/%", "/%zz", "/%e0%80",
            "/@error", "/nginx.conf", "/.git/config", "/\u00ff\u00fe",
        ]).SelectMany(target => (string[])[$"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"]),

        // Elsewhere: the edge leads to its replicas and to nothing else.
        $"GET http://{inside}/secret HTTP/1.1\r\nHost: {inside}\r\n\r\n", $"GET http://{inside}/secret HTTP/1.1\r\nHost: a\r\n\r\n",
        $"GET //{inside}/secret HTTP/1.1\r\nHost: a\r\n\r\n", $"GET / HTTP/1.1\r\nHost: {inside}\r\nX-Forwarded-Host: {inside}\r\n\r\n",
        $"GET @{inside}/ HTTP/1.1\r\nHost: a\r\n\r\n", $"CONNECT {inside} HTTP/1.1\r\nHost: {inside}\r\n\r\n", $"GET {inside} HTTP/1.1\r\nHost: a\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ];

    private static string Head(string header) => $"/v1/x HTTP/1.1\r\nHost: a\r\n{header}\r\n\r\n";

    /// <returns>What of the inside an answer tells: a version, an address, or how it is made.</returns>
    private static string? InsideOf(string answer, ReplicaName name)
    {
        var told = VersionOrMaker().Match(answer);
        return told.Success ? told.Value : ((string[])[$"{ReplicaName.Address(1)}", ReplicaName.Host, $":{name.Port}", "root:x:"])
            .FirstOrDefault(text => answer.Contains(text, StringComparison.Ordinal));
    }

    /// <summary>Sends bytes as they are, and reads until the edge ends the connection, or until nothing more comes after an answer.</summary>
    private static async Task<string> SendAsync(RunningEdge edge, string request)
    {
        using var client = await RawClient.ConnectAsync(edge.Port);
        return await client.SendAndReadAllAsync(request);
    }

    // nginx may say its name, as of old, but not its version.
    [GeneratedRegex(@"nginx[/ ]\d|kestrel|yarp|microsoft|asp\.?net|freegpt4\.proxy|   at [A-Z]\w+\.|/usr/|/artifacts/bin/|\.cs:line", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex VersionOrMaker();

    [GeneratedRegex(@"\AHTTP/1\.[01] (3\d\d|4\d\d|501|505)|\A<html>|\AHTTP/1.1 100")]
    private static partial Regex AnyStatusOfRefusal();
}

public sealed class NginxHostileEdgeTests() : HostileEdgeTests(new NginxProgram());

public sealed class ProxyHostileEdgeTests() : HostileEdgeTests(new ProxyProgram());
