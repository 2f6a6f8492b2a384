using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace FreeGpt4.Tests.Containers;

/// <summary>What a cluster in containers is like while nothing happens to it.</summary>
[Collection(ComposeCluster.Name)]
public sealed class ComposeTests(ComposeCluster cluster, ITestOutputHelper output)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cluster_FromACheckout_StreamsAChat()
    {
        await cluster.RequireAsync();
        using var client = cluster.Client();

        using var content = JsonContent.Create(
            new { model = "gpt-4o", stream = true, messages = (object[])[new { role = "user", content = "one two three" }] });
        using var response = await client.PostAsync("/v1/chat/completions", content, Cancelled);
        var answer = await response.Content.ReadAsStringAsync(Cancelled);

        ((int)response.StatusCode).ShouldBe(200, answer);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        answer.ShouldContain("three");
        answer.TrimEnd().ShouldEndWith("data: [DONE]");
        cluster.StartOutput.ShouldContain($"FreeGpt4 is ready: http://localhost:{cluster.Url.Port}");
        output.WriteLine($"Built, started and healthy after {cluster.StartTime.TotalSeconds:0} s.");
    }

    [Fact]
    public async Task Configuration_HasTheReplicasAndLimitsAskedFor()
    {
        await cluster.RequireAsync();

        var configuration = JsonNode.Parse(await cluster.ComposeAsync(
            "config --format json", ("API_REPLICAS", "7"), ("API_MEMORY_LIMIT", "1G"), ("API_MEMORY_RESERVATION", "300M"), ("PROVIDER", "Groq")))!;

        var api = configuration["services"]!["llm-api"]!;
        api["deploy"]!["replicas"]!.GetValue<int>().ShouldBe(7);
        api["deploy"]!["resources"]!["limits"]!["memory"]!.ToString().ShouldBe($"{1 << 30}");
        api["deploy"]!["resources"]!["reservations"]!["memory"]!.ToString().ShouldBe($"{300 << 20}");
        api["deploy"]!["restart_policy"].ShouldBeNull();
        api["environment"]!["PROVIDER"]!.ToString().ShouldBe("Groq");
        configuration["networks"]!["internal"]!["internal"]!.GetValue<bool>().ShouldBeTrue();
    }

    [Theory]
    [InlineData("llm-api")]
    [InlineData("nginx")]
    public async Task Container_HasNoMoreThanItNeeds(string service)
    {
        await cluster.RequireAsync();
        var container = await cluster.InspectAsync((await cluster.ContainersAsync(service))[0]);

        container["Config"]!["User"]!.ToString().ShouldBeOneOf("1654", "101:101");
        var host = container["HostConfig"]!;
        host["ReadonlyRootfs"]!.GetValue<bool>().ShouldBeTrue();
        host["CapDrop"]!.AsArray().Select(name => $"{name}").ShouldBe(["ALL"]);
        host["SecurityOpt"]!.AsArray().Select(name => $"{name}").ShouldContain("no-new-privileges:true");
        host["Init"]!.GetValue<bool>().ShouldBeTrue();
        host["RestartPolicy"]!["Name"]!.ToString().ShouldBe("unless-stopped");
        host["LogConfig"]!["Config"]!["max-size"]!.ToString().ShouldBe("20k");
        if (service == "llm-api")
        {
            host["Memory"]!.GetValue<long>().ShouldBe(512 << 20);
            host["MemoryReservation"]!.GetValue<long>().ShouldBe(256 << 20);
        }
    }

    [Fact]
    public async Task Replica_IsReachedByTheEdgeAlone()
    {
        await cluster.RequireAsync();
        var replica = await cluster.InspectAsync((await cluster.ContainersAsync("llm-api"))[0]);
        var edge = await cluster.InspectAsync((await cluster.ContainersAsync("nginx"))[0]);

        // Nothing is published, and the two meet on one network, which has no way out.
        replica["HostConfig"]!["PortBindings"]!.AsObject().ShouldBeEmpty();
        NetworksOf(replica).ShouldBe([$"{cluster.Project}_egress", $"{cluster.Project}_internal"]);
        NetworksOf(edge).ShouldBe([$"{cluster.Project}_external", $"{cluster.Project}_internal"]);

        var onInternal = AddressOf(replica, "internal");
        var onEgress = AddressOf(replica, "egress");
        (await CanReachAsync("internal", $"http://{onInternal}:5500/alive")).ShouldBeTrue("the way itself works");
        (await CanReachAsync("internal", "http://api:5500/alive")).ShouldBeTrue("the alias");
        foreach (var address in (string[])[onInternal, onEgress, "llm-api", "api"])
        {
            (await CanReachAsync("external", $"http://{address}:5500/alive")).ShouldBeFalse($"{address} from the edge's outer network");
            (await CanReachAsync("bridge", $"http://{address}:5500/alive")).ShouldBeFalse($"{address} from another network");
        }
    }

    [Fact]
    public async Task Outside_IsReachedThroughEgressAlone()
    {
        await cluster.RequireAsync();
        var model = $"http://host.docker.internal:{cluster.ModelPort}/v1/models";

        (await CanReachAsync("egress", model)).ShouldBeTrue();
        (await CanReachAsync("internal", model)).ShouldBeFalse();
    }

    [Fact]
    public async Task Edge_PassesNoProbesOn()
    {
        await cluster.RequireAsync();
        using var client = cluster.Client();

        using var alive = await client.GetAsync("/alive", Cancelled);
        using var metrics = await client.GetAsync("/metrics", Cancelled);

        ((int)alive.StatusCode).ShouldBe(200);
        alive.Headers.Contains("x-freegpt4-replica").ShouldBeFalse();
        ((int)metrics.StatusCode).ShouldBe(404);
        metrics.Headers.Contains("x-freegpt4-replica").ShouldBeFalse();
    }

    private static string[] NetworksOf(JsonNode container) =>
        [.. container["NetworkSettings"]!["Networks"]!.AsObject().Select(network => network.Key).Order(StringComparer.Ordinal)];

    private string AddressOf(JsonNode container, string network) =>
        container["NetworkSettings"]!["Networks"]![$"{cluster.Project}_{network}"]!["IPAddress"]!.ToString();

    private async Task<bool> CanReachAsync(string network, string url)
    {
        var name = network == "bridge" ? network : $"{cluster.Project}_{network}";
        var (exitCode, _) = await cluster.RunAsync(
            $"docker run --rm --init --network {name} --add-host host.docker.internal:host-gateway --entrypoint timeout {cluster.Project}/nginx 3 wget -q -O /dev/null {url}");
        return exitCode == 0;
    }
}
