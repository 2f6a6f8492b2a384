using System.Net;
using FreeGpt4.Tests.Infrastructure;
using FreeGpt4.Tests.Proxy;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Edge;

public abstract partial class EdgeTests
{
    [Fact]
    public async Task Tls_WithCertificate_IsServedBesidesPlainHttp()
    {
        using var files = new CertificateFiles("one.example");
        await using var replica = await Replica.StartAsync(context => context.Response.WriteAsync(
            $"{context.Request.Path}{context.Request.QueryString} {context.Request.Headers["X-Forwarded-Proto"]} {context.Request.Host}", context.RequestAborted));
        var port = FreePorts.Next();
        await using var edge = await Program.StartAsync(replica.Address, [.. files.Settings, ("TLS_PORT", $"{port}")]);
        using var client = CertificateFiles.Client(name => name.ShouldBe("one.example"));

        foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"https://localhost:{port}/v1/models?a=b")
            {
                Version = version,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            using var response = await client.SendAsync(request, Cancelled);

            response.Version.ShouldBe(version);
            (await response.Content.ReadAsStringAsync(Cancelled)).ShouldBe($"/v1/models?a=b https localhost:{port}");
            response.Headers.Server.ShouldAllBe(server => server.Product!.Version == null);
        }

        (await edge.Client.GetStringAsync("/v1", Cancelled)).ShouldStartWith("/v1 http ");
        (await client.GetStringAsync($"https://localhost:{port}/health", Cancelled)).ShouldBe("Healthy");
    }

    [Fact]
    public async Task TlsPort_WithoutTls_IsAnErrorThatSaysSo()
    {
        using var files = new CertificateFiles("one.example");
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        var port = FreePorts.Next();
        await using var edge = await Program.StartAsync(replica.Address, [.. files.Settings, ("TLS_PORT", $"{port}")]);

        using var response = await edge.Client.GetAsync($"http://127.0.0.1:{port}/v1/models", Cancelled);

        (await response.ShouldBeErrorAsync(HttpStatusCode.BadRequest, "invalid_request_error", "tls_required"))
            .ShouldBe("This port takes TLS only: send the request to an address that begins with https://.");
        replica.ConnectionOfRequest.ShouldBeEmpty();
    }

    [Fact]
    public async Task Tls_Stream_FirstChunkArrivesBeforeReplicaHasFinished()
    {
        using var files = new CertificateFiles("one.example");
        var firstChunkRead = new TaskCompletionSource();
        await using var replica = await Replica.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: 1\n\n", context.RequestAborted);
            await firstChunkRead.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("data: [DONE]\n\n", context.RequestAborted);
        });
        var port = FreePorts.Next();
        await using var edge = await Program.StartAsync(replica.Address, [.. files.Settings, ("TLS_PORT", $"{port}")]);
        using var client = CertificateFiles.Client(_ => { });
        client.DefaultRequestVersion = HttpVersion.Version20;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;

        using var reader = new StreamReader(await client.GetStreamAsync($"https://localhost:{port}/", Cancelled));
        (await reader.ReadLineAsync(Cancelled)).ShouldBe("data: 1");
        firstChunkRead.SetResult();

        (await reader.ReadToEndAsync(Cancelled)).ShouldBe("\ndata: [DONE]\n\n");
    }

    [Fact]
    public async Task TlsRedirect_On_SendsEverythingButHealthToTls()
    {
        using var files = new CertificateFiles("one.example");
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        var port = FreePorts.Next();
        await using var edge = await Program.StartAsync(replica.Address, [.. files.Settings, ("TLS_PORT", $"{port}"), ("TLS_REDIRECT", "true")]);
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = edge.Client.BaseAddress };

        foreach (var method in (string[])["GET", "POST"])
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), "/v1/a%2Fb?text=hi%20there&b") { Headers = { Host = $"llm.example:{edge.Port}" } };
            using var response = await client.SendAsync(request, Cancelled);

            response.StatusCode.ShouldBe(HttpStatusCode.PermanentRedirect);
            response.Headers.Location!.OriginalString.ShouldBe($"https://llm.example:{port}/v1/a%2Fb?text=hi%20there&b");
        }

        foreach (var path in (string[])["/health", "/alive"])
        {
            (await client.GetStringAsync(path, Cancelled)).ShouldBe("Healthy");
        }

        replica.ConnectionOfRequest.ShouldBeEmpty();
        using var secure = CertificateFiles.Client(_ => { });
        using var served = await secure.GetAsync($"https://localhost:{port}/v1/models", Cancelled);
        served.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Tls_CertificateRenewed_IsUsedWithoutRestart()
    {
        using var files = new CertificateFiles("old.example");
        using var refusing = UnreachableReplica.Refusing();
        var port = FreePorts.Next();
        await using var edge = await Program.StartAsync(refusing.Address, [.. files.Settings, ("TLS_PORT", $"{port}")]);
        (await CertificateAsync(port)).ShouldBe("old.example");

        files.Write("new.example");

        await Eventually.IsTrue(
            async () => await CertificateAsync(port) == "new.example", Patience.Limit, "the new certificate is used", Cancelled);
        edge.HasExited.ShouldBeFalse();
    }

    private static async Task<string> CertificateAsync(int port)
    {
        var seen = "";
        using var client = CertificateFiles.Client(name => seen = name);
        (await client.GetStringAsync($"https://localhost:{port}/health", Cancelled)).ShouldBe("Healthy");
        return seen;
    }
}
