using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FreeGpt4.Tests.Edge;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Proxy;

public sealed class TlsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string Certificate => Path.Combine(_folder.Path, "tls.crt");

    private string Key => Path.Combine(_folder.Path, "tls.key");

    [Fact]
    public async Task Clients_OfTheTlsPort_HaveHttp2AndTheReplicaIsTold()
    {
        await using var replica = await Replica.StartAsync(context => context.Response.WriteAsync(
            $"{context.Request.Headers["X-Forwarded-Proto"]} {context.Request.Protocol}", context.RequestAborted));
        WriteCertificate("first");
        var (edge, tls) = await StartAsync(replica.Address);
        await using var running = edge;
        using var client = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = IsOfThisTest } })
        {
            BaseAddress = tls,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };

        using var response = await client.GetAsync("/v1/models", Cancelled);
        using var plain = await edge.Client.GetAsync("/v1/models", Cancelled);

        response.Version.ShouldBe(HttpVersion.Version20);
        (await response.Content.ReadAsStringAsync(Cancelled)).ShouldBe("https HTTP/1.1");
        (await plain.Content.ReadAsStringAsync(Cancelled)).ShouldBe("http HTTP/1.1");
    }

    [Fact]
    public async Task Certificate_Renewed_IsShownToTheNextClientAndABadOneIsNot()
    {
        using var refusing = UnreachableReplica.Refusing();
        WriteCertificate("first");
        var (edge, tls) = await StartAsync(refusing.Address);
        await using var running = edge;

        (await NameShownAsync(tls)).ShouldBe("CN=first");
        WriteCertificate("second");
        await Eventually.IsTrue(async () => await NameShownAsync(tls) == "CN=second", Patience.Limit, "the new one is shown", Cancelled);
        await File.WriteAllTextAsync(Key, "half a key", Cancelled);
        await Eventually.IsTrue(
            async () => await NameShownAsync(tls) == "CN=second" && edge.Output.Any(line => line.Contains("The TLS certificate changed, but cannot be used")),
            Patience.Limit, "the bad one is seen, and not used", Cancelled);
    }

    [Fact]
    public async Task Redirect_SendsEverythingButProbesToTls()
    {
        using var refusing = UnreachableReplica.Refusing();
        WriteCertificate("edge");
        var (edge, tls) = await StartAsync(refusing.Address, ("TLS_REDIRECT", "true"));
        await using var running = edge;
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = edge.Client.BaseAddress };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/a%20b?c=%22d%22") { Headers = { Host = $"llm.example:{edge.Port}" } };

        using var response = await client.SendAsync(request, Cancelled);
        using var health = await client.GetAsync("/health", Cancelled);

        response.StatusCode.ShouldBe(HttpStatusCode.PermanentRedirect);
        response.Headers.GetValues("Location").ShouldBe([$"https://llm.example:{tls.Port}/v1/a%20b?c=%22d%22"]);
        health.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Request_UnreadableOnTls_IsEnvelope()
    {
        using var refusing = UnreachableReplica.Refusing();
        WriteCertificate("edge");
        var (edge, tls) = await StartAsync(refusing.Address);
        await using var running = edge;
        using var tcp = new System.Net.Sockets.TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, tls.Port, Cancelled);
        await using var stream = new System.Net.Security.SslStream(tcp.GetStream(), leaveInnerStreamOpen: false, IsOfThisTest);
        await stream.AuthenticateAsClientAsync("localhost");

        await stream.WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray(), Cancelled);
        var answer = await new StreamReader(stream).ReadToEndAsync(Cancelled);

        answer.ShouldStartWith("HTTP/1.1 400 Bad Request\r\n");
        answer.ShouldContain("\"code\":\"bad_request\"");
    }

    public void Dispose() => _folder.Dispose();

    private async Task<(RunningEdge Edge, Uri Tls)> StartAsync(Uri replica, params (string Name, string Value)[] settings)
    {
        var (port, tls) = (FreePorts.Next(), FreePorts.Next());
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "FreeGpt4.Proxy"))
        {
            WorkingDirectory = AppContext.BaseDirectory,
            Environment =
            {
                ["DOTNET_ENVIRONMENT"] = "Development",
                ["EDGE_PORT"] = $"{port}",
                ["UPSTREAM_KEEPALIVE"] = "0",
                ["TLS_PORT"] = $"{tls}",
                ["TLS_CERTIFICATE"] = Certificate,
                ["TLS_CERTIFICATE_KEY"] = Key,
                ["services__llm-api__http__0"] = replica.AbsoluteUri,
            },
        };
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return (await RunningEdge.StartAsync(start, port), new Uri($"https://localhost:{tls}"));
    }

    private static async Task<string?> NameShownAsync(Uri tls)
    {
        using var tcp = new System.Net.Sockets.TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, tls.Port, Cancelled);
        await using var stream = new System.Net.Security.SslStream(tcp.GetStream(), leaveInnerStreamOpen: false, IsOfThisTest);
        await stream.AuthenticateAsClientAsync("localhost");
        return stream.RemoteCertificate?.Subject;
    }

    // Nobody vouches for them.
    private static bool IsOfThisTest(object sender, X509Certificate? shown, X509Chain? chain, System.Net.Security.SslPolicyErrors errors)
        => shown?.Subject is "CN=first" or "CN=second" or "CN=edge";

    private void WriteCertificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(Key, key.ExportPkcs8PrivateKeyPem());
    }
}
