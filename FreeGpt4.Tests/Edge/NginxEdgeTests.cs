using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Edge;

/// <summary>nginx as the edge, set up as in a cluster on one machine, and what only it does.</summary>
public sealed class NginxEdgeTests : EdgeTests, IDisposable
{
    // nginx/ at the top of the repository, which artifacts/bin/FreeGpt4.Tests/debug/ lies four levels below.
    private static readonly string Scripts = Path.GetFullPath("../../../../nginx", AppContext.BaseDirectory);

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"freegpt4-edge-tests-{Guid.NewGuid():N}");

    private readonly string _logs = Path.Combine(Path.GetTempPath(), $"freegpt4-edge-logs-{Guid.NewGuid():N}");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    protected override EdgeProgram Program { get; } = new NginxProgram();

    protected override string ConnectFailedLine => "while connecting to upstream";

    [Theory]
    [InlineData("no request at all\r\n\r\n", 400, "bad_request")]
    [InlineData("GET /?token=two words HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request")]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400, "bad_request")]
    [InlineData("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "bad_request")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "bad_request")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: unheard\r\n\r\n", 501, "bad_request")]
    [InlineData("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method_not_allowed")]
    [InlineData("GET /@error HTTP/1.1\r\nHost: a\r\n\r\n", 404, "not_found")]
    public async Task Request_ThatNginxRefuses_IsEnvelope(string request, int status, string code)
    {
        using var refusing = UnreachableReplica.Refusing();
        await using var edge = await StartAsync(refusing.Address);

        (await SendRawAsync(edge, request)).ShouldBe((status, code));
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
        await using var edge = await StartAsync(refusing.Address);

        var request = $"GET /?{new string('q', query)} HTTP/1.1\r\nHost: a\r\nx-long: {new string('h', header)}\r\n\r\n";

        (await SendRawAsync(edge, request)).ShouldBe((status, code));
    }

    [Fact]
    public async Task AccessLog_HasOneLineOfJsonPerRequest_WithoutQuery()
    {
        await using var replica = await Replica.StartAsync(context =>
        {
            context.Response.Headers["x-freegpt4-replica"] = "r1";
            context.Response.ContentLength = 4;
            return context.Response.WriteAsync("four", context.RequestAborted);
        });
        await using var edge = await StartAsync(replica.Address);
        edge.Client.DefaultRequestHeaders.Add("x-request-id", "mine");

        using var response = await edge.Client.PostAsync("/v1/\"models\"?token=s3cr3t", new StringContent("x"), Cancelled);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var lines = await AccessLogAsync(expected: 1);

        lines.ShouldHaveSingleItem().ShouldNotContain("s3cr3t");
        using var line = JsonDocument.Parse(lines[0]);
        string Text(string name) => line.RootElement.GetProperty(name).GetString()!;
        line.RootElement.GetProperty("time").GetDateTimeOffset().ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(5));
        Text("client").ShouldBe("127.0.0.1");
        Text("request_id").ShouldBe("mine");
        Text("method").ShouldBe("POST");
        Text("route").ShouldBe("/v1/%22models%22");
        Text("status").ShouldBe("200");
        line.RootElement.GetProperty("bytes").GetInt32().ShouldBe(4);
        line.RootElement.GetProperty("seconds").GetDouble().ShouldBeGreaterThanOrEqualTo(0);
        Text("replica").ShouldBe("r1");
        Text("upstream").ShouldBe(replica.Address.Authority);
    }

    [Fact]
    public async Task Logs_OfFailedRequests_HaveNoQuery()
    {
        using var refusing = UnreachableReplica.Refusing();
        await using var edge = await StartAsync(refusing.Address);
        edge.Client.DefaultRequestHeaders.Referrer = new Uri("http://a.example/?token=s3cr3t");

        using var unreachable = await edge.Client.PostAsync("/v1/x?text=a%22b&token=s3cr3t", new StringContent(""), Cancelled);
        unreachable.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        await SendRawAsync(edge, "GET /?token=s3cr3t and more HTTP/1.1\r\nHost: a\r\n\r\n");
        await SendRawAsync(edge, $"GET /?token=s3cr3t{new string('q', 70_000)} HTTP/1.1\r\nHost: a\r\n\r\n");
        var lines = await AccessLogAsync(expected: 3);
        await edge.SaysAsync("request: \"POST /v1/x\"");
        edge.Terminate();
        (await edge.ExitCodeAsync()).ShouldBe(0);

        // Each worker writes when it has finished, a moment after the client has its answer.
        lines.Select(line => (string?)JsonNode.Parse(line)!["method"]).ShouldBe(["POST", "GET", "GET"], ignoreOrder: true);
        var errors = await File.ReadAllLinesAsync(Path.Combine(_logs, "error.log"), Cancelled);
        errors.ShouldBe(edge.Output);
        string.Join('\n', [.. lines, .. errors]).ShouldNotContain("s3cr3t");
    }

    [Fact]
    public async Task ErrorLogFile_TooLarge_IsRotated()
    {
        using var refusing = UnreachableReplica.Refusing();
        await using var edge = await StartAsync(refusing.Address, ("LOG_FILE_SIZE", "64K"), ("LOG_FILE_COUNT", "2"));
        var rotated = new FileInfo(Path.Combine(_logs, "error.log.1"));

        await Eventually.IsTrue(
            async () =>
            {
                await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => edge.Client.GetAsync("/v1/models", Cancelled)));
                rotated.Refresh();
                return rotated.Exists;
            },
            Patience.Limit, "the error log is rotated", Cancelled);

        rotated.Length.ShouldBeGreaterThan(64 << 10);
        File.Exists(Path.Combine(_logs, "error.log.2")).ShouldBeFalse();
    }

    [Fact]
    public async Task CertificateRenewed_StreamRunning_LetsItEnd()
    {
        var goOn = new TaskCompletionSource();
        await using var replica = await Replica.StartAsync(async context =>
        {
            await context.Response.WriteAsync("first\n", context.RequestAborted);
            await goOn.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("last\n", context.RequestAborted);
        });
        using var files = new TemporaryFolder();
        var (certificate, key) = (Path.Combine(files.Path, "tls.crt"), Path.Combine(files.Path, "tls.key"));
        WriteCertificate(certificate, key);
        await using var edge = await StartAsync(
            replica.Address, ("TLS_CERTIFICATE", certificate), ("TLS_CERTIFICATE_KEY", key), ("TLS_PORT", $"{FreePorts.Next()}"));
        var pid = await File.ReadAllTextAsync(Path.Combine(_folder, "nginx.pid"), Cancelled);
        var before = Workers();

        using var reader = new StreamReader(await edge.Client.GetStreamAsync("/", Cancelled));
        (await reader.ReadLineAsync(Cancelled)).ShouldBe("first");
        WriteCertificate(certificate, key);
        await Eventually.IsTrue(() => Workers().Except(before).Any(), Patience.Limit, "nginx has new workers", Cancelled);
        goOn.SetResult();

        (await reader.ReadToEndAsync(Cancelled)).ShouldBe("last\n");

        string[] Workers() => [.. ProcessTree.StartedBy(int.Parse(pid, CultureInfo.InvariantCulture))
            .Where(process => process.Contains("nginx: worker process", StringComparison.Ordinal)).Select(process => process.Split(' ')[0])];
    }

    [Fact]
    public async Task Terminated_StreamRunning_LetsItEndAndLeavesNothing()
    {
        var goOn = new TaskCompletionSource();
        await using var replica = await Replica.StartAsync(async context =>
        {
            await context.Response.WriteAsync("first\n", context.RequestAborted);
            await goOn.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("last\n", context.RequestAborted);
        });
        await using var edge = await StartAsync(replica.Address, ("NGINX_SHUTDOWN_TIMEOUT", "10m"));

        using var reader = new StreamReader(await edge.Client.GetStreamAsync("/", Cancelled));
        (await reader.ReadLineAsync(Cancelled)).ShouldBe("first");
        edge.Terminate();
        await Eventually.IsTrue(() => RefusesAsync(edge.Port), Patience.Limit, "the edge no longer listens", Cancelled);
        edge.HasExited.ShouldBeFalse();
        goOn.SetResult();

        (await reader.ReadToEndAsync(Cancelled)).ShouldBe("last\n");
        (await edge.ExitCodeAsync()).ShouldBe(0);
        Directory.Exists(_folder).ShouldBeFalse();
    }

    [Fact]
    public async Task Terminated_EndlessStream_CutsItAndEnds()
    {
        await using var replica = await Replica.StartAsync(async context =>
        {
            await context.Response.WriteAsync("first\n", context.RequestAborted);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await using var edge = await StartAsync(replica.Address);

        using var reader = new StreamReader(await edge.Client.GetStreamAsync("/", Cancelled));
        (await reader.ReadLineAsync(Cancelled)).ShouldBe("first");
        edge.Terminate();

        await Should.ThrowAsync<IOException>(reader.ReadToEndAsync(Cancelled));
        (await edge.ExitCodeAsync()).ShouldBe(0);
        Directory.Exists(_folder).ShouldBeFalse();
    }

    public void Dispose()
    {
        foreach (var folder in new[] { _folder, _logs }.Where(Directory.Exists))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    protected override async Task<RunningEdge> StartAsync(Uri replica, params (string Name, string Value)[] settings)
    {
        var program = await DebianNginx.ProgramAsync();
        var port = FreePorts.Next();
        var start = new ProcessStartInfo("sh", ["run.sh", program, _folder])
        {
            WorkingDirectory = Scripts,
            Environment =
            {
                ["EDGE_PORT"] = $"{port}",
                ["UPSTREAM"] = replica.Authority,
                ["UPSTREAM_KEEPALIVE"] = "0",
                ["NGINX_SHUTDOWN_TIMEOUT"] = "1s",
                ["RATE_LIMIT_API"] = "off",
                ["RATE_LIMIT_SETTINGS"] = "off",
                ["LOG_DIR"] = _logs,
            },
        };
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return await RunningEdge.StartAsync(start, port);
    }

    private static void WriteCertificate(string certificate, string key)
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signed = new CertificateRequest("CN=localhost", pair, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(key, pair.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(certificate, signed.ExportCertificatePem());
    }

    private static async Task<(int Status, string Code)> SendRawAsync(RunningEdge edge, string request)
    {
        using var client = await RawClient.ConnectAsync(edge.Port);
        await client.SendAsync(request);
        var (head, body) = await client.ReceiveAsync();
        head.ShouldContain("\r\nContent-Type: application/json\r\n");
        head.ShouldMatch("\r\nx-request-id: req_[0-9a-f]{32}\r\n");
        return (int.Parse(head.Split(' ')[1], CultureInfo.InvariantCulture), (string)JsonNode.Parse(body)!["error"]!["code"]!);
    }

    private static async Task<bool> RefusesAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, Cancelled);
            return false;
        }
        catch (SocketException refused) when (refused.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return true;
        }
    }

    // nginx writes a line when it has finished with a request, a moment after the client has its answer.
    private async Task<string[]> AccessLogAsync(int expected)
    {
        var log = Path.Combine(_logs, "access.log");
        await Eventually.IsTrue(
            () => File.ReadAllLines(log).Length >= expected, Patience.Limit, $"{expected} lines in {log}", Cancelled);
        return await File.ReadAllLinesAsync(log, Cancelled);
    }
}
