using System.Net;
using System.Net.Http.Json;
using System.Runtime.Versioning;
using FreeGpt4.Tests.Edge;
using FreeGpt4.Tests.Infrastructure;
using FreeGpt4.Tests.Proxy;

namespace FreeGpt4.Tests.Containers;

/// <summary>A cluster of processes of this machine whose edge is a container.</summary>
[Collection(ComposeCluster.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class EdgeContainerTests(ComposeCluster cluster)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nginx_InAContainer_DoesWhatItDoesOutsideAndLeavesNothing()
    {
        cluster.Engine.Require();
        using var certificate = new CertificateFiles("first.test");
        using var folder = new TemporaryFolder();
        var (logs, tlsPort) = (Path.Combine(folder.Path, "logs"), FreePorts.Next());
        var before = await ContainersAndNetworksAsync();

        await using var appHost = await AppHostProcess.StartReadyAsync(
        [
            .. cluster.Engine.Environment, .. certificate.Settings,
            ("EDGE", "container"), ("MAX_BODY_SIZE", "64K"), ("TLS_PORT", $"{tlsPort}"), ("LOG_DIR", logs),
        ]);
        using (var client = new HttpClient { BaseAddress = appHost.EdgeUrl })
        {
            (await client.GetStringAsync("/health", Cancelled)).ShouldBe("Healthy");
            await StreamsAChatAsync(client, "nginx");
            await ReachesEveryReplicaAsync(client);
            await RefusesALargeBodyAsync(client);
        }

        await TakesTheNewCertificateAsync(certificate, new Uri($"https://localhost:{tlsPort}/health"));
        (await appHost.StopAsync()).ShouldBe(0, appHost.Output);

        (await File.ReadAllTextAsync(Path.Combine(logs, "access.log"), Cancelled)).ShouldContain("/v1/chat/completions");
        // Those of the other tests may end meanwhile.
        (await ContainersAndNetworksAsync()).ShouldBeSubsetOf(before);
        foreach (var port in (int[])[appHost.EdgePort, tlsPort])
        {
            await Should.ThrowAsync<HttpRequestException>(() => new HttpClient().GetAsync(new Uri($"http://127.0.0.1:{port}/"), Cancelled));
        }
    }

    [Fact]
    public async Task Yarp_FromItsStockImage_ForwardsAndSaysWhatItDoesNotDo()
    {
        cluster.Engine.Require();
        var before = await ContainersAndNetworksAsync();

        await using var appHost = await AppHostProcess.StartReadyAsync([.. cluster.Engine.Environment, ("EDGE", "yarp"), ("MAX_BODY_SIZE", "64K")]);
        using (var client = new HttpClient { BaseAddress = appHost.EdgeUrl })
        {
            await StreamsAChatAsync(client, "Kestrel");
            await ReachesEveryReplicaAsync(client);
            (await client.GetStringAsync("/login", Cancelled)).ShouldContain("<html");
            using var metrics = await client.GetAsync("/metrics", Cancelled);
            metrics.StatusCode.ShouldBe(HttpStatusCode.NotFound);
            using var large = await client.PostAsJsonAsync("/v1/chat/completions", new string('x', 64 << 10), Cancelled);
            large.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        }

        (await appHost.StopAsync()).ShouldBe(0, appHost.Output);

        appHost.Output.ShouldContain("EDGE is \"yarp\", which only forwards: no rate limits");
        // Those of the other tests may end meanwhile.
        (await ContainersAndNetworksAsync()).ShouldBeSubsetOf(before);
    }

    private static async Task StreamsAChatAsync(HttpClient client, string server)
    {
        using var content = JsonContent.Create(new { model = "gpt-4o", stream = true, messages = new[] { new { role = "user", content = "hi" } } });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = content };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancelled);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.Server.ToString().ShouldBe(server);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Cancelled));
        (await lines.ReadLineAsync(Cancelled)).ShouldNotBeNull().ShouldStartWith("data: {");
        (await lines.ReadToEndAsync(Cancelled)).TrimEnd().ShouldEndWith("data: [DONE]");
    }

    private static async Task ReachesEveryReplicaAsync(HttpClient client)
    {
        var replicas = new HashSet<string>();
        for (var request = 0; request < 60; request++)
        {
            using var response = await client.GetAsync("/v1/models", Cancelled);
            replicas.Add(response.Headers.GetValues("x-freegpt4-replica").Single());
        }

        replicas.Count.ShouldBe(2);
    }

    private static async Task RefusesALargeBodyAsync(HttpClient client)
    {
        using var response = await client.PostAsync("/v1/chat/completions", new ByteArrayContent(new byte[(64 << 10) + 1]), Cancelled);
        (await response.ShouldBeErrorAsync(HttpStatusCode.RequestEntityTooLarge, "invalid_request_error", "request_too_large")).ShouldContain("65536");
    }

    private static async Task TakesTheNewCertificateAsync(CertificateFiles certificate, Uri url)
    {
        (await CertificateAsync(url)).ShouldBe("first.test");
        certificate.Write("second.test");
        await Eventually.IsTrue(async () => await CertificateAsync(url) == "second.test", Patience.Limit, "the new certificate", Cancelled);
    }

    private static async Task<string> CertificateAsync(Uri url)
    {
        var name = "";
        using var client = CertificateFiles.Client(seen => name = seen);
        (await client.GetStringAsync(url, Cancelled)).ShouldBe("Healthy");
        return name;
    }

    private async Task<string[]> ContainersAndNetworksAsync() =>
    [
        .. (await cluster.Engine.DockerAsync("ps --all --quiet")).Split('\n', StringSplitOptions.RemoveEmptyEntries),
        .. (await cluster.Engine.DockerAsync("network ls --quiet")).Split('\n', StringSplitOptions.RemoveEmptyEntries),
    ];
}
