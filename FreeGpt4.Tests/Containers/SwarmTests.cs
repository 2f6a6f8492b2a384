using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Containers;

/// <summary>
/// <c>deploy/docker-stack.yaml</c> in a swarm of one machine, with the images of the cluster in containers. Only in an engine of the tests' own:
/// whose engine is in a swarm already, or is to be in none, is not the tests' business.
/// </summary>
[Collection(ComposeCluster.Name)]
public sealed class SwarmTests(ComposeCluster cluster, ITestOutputHelper output)
{
    private const string Stack = "fg4";
    private const string Api = $"{Stack}_llm-api";
    private const int PerSecond = 20;

    private const string Join = """
        docker swarm init --advertise-addr 127.0.0.1 --listen-addr 127.0.0.1 \
            && docker node update --label-add freegpt4.postgres=true "$(docker node ls --quiet)"
        """;

    // How replicas reach this machine.
    private const string Gateway = "docker network inspect --format '{{(index .IPAM.Config 0).Gateway}}' docker_gwbridge";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stack_Deployed_ScalesAndIsUpdatedWithoutFailingARequest()
    {
        await cluster.RequireAsync();
        Assert.SkipUnless(cluster.Engine.IsOwn, "The engine of this machine is not the tests' to make a swarm of.");
        // An engine that leaves a swarm forgets the names on all its networks.
        await cluster.ComposeAsync("down");
        using var folder = new TemporaryFolder();
        var url = new Uri($"http://127.0.0.1:{FreePorts.Next()}");

        try
        {
            await RunAsync(Join);
            // The engine makes that network a moment later.
            await Eventually.IsTrue(async () => (await cluster.RunAsync(Gateway)).ExitCode == 0, Patience.Limit, "there is docker_gwbridge", Cancelled);
            var gateway = await RunAsync(Gateway);
            // As deploy/.env is read.
            var settings = Path.Combine(folder.Path, ".env");
            await File.WriteAllTextAsync(
                settings,
                $"""
                EDGE_PORT={url.Port}
                MASTER_KEY={Convert.ToBase64String(new byte[32])}
                POSTGRES_PASSWORD="with ; and = and ' in it"
                CUSTOM_BASE_URL=http://{gateway}:{cluster.ModelPort}/v1
                """,
                Cancelled);
            await RunAsync($"set -a && . {settings} && set +a && docker stack deploy --detach=false --resolve-image never -c docker-stack.yaml {Stack}");

            using var client = new HttpClient { BaseAddress = url };
            var status = JsonNode.Parse(await client.GetStringAsync("/status", Cancelled))!;
            status["state"]!["engine"]!.ToString().ShouldBe("postgres");
            status["state"]!["answers"]!.GetValue<bool>().ShouldBeTrue();
            (await StreamAsync(client)).TrimEnd().ShouldEndWith("data: [DONE]");
            await ReplicasShouldBeConfinedAsync();

            await using var load = OpenLoad.Start(url, PerSecond);
            foreach (var replicas in (int[])[3, 1])
            {
                await RunAsync($"docker service scale {Api}={replicas}");
                await load.MoreAsync(PerSecond);
                // Swarm does not wait for those that end.
                await Eventually.IsTrue(
                    async () => (await ReplicasAsync()).Length == replicas, Patience.Limit, $"there are {replicas} replicas", Cancelled);
            }

            var before = await ReplicasAsync();
            await RunAsync($"docker service update --force {Api}");
            await load.MoreAsync(PerSecond);
            await Eventually.IsTrue(
                async () => (await ReplicasAsync()) is [var replica] && !before.Contains(replica), Patience.Limit, "there is another replica", Cancelled);

            var requests = await load.StopAsync();
            output.WriteLine($"{requests.Count} requests.");
            requests.Where(request => request.Failure is not null).ShouldBeEmpty();
            requests.Select(request => request.Replica).Distinct().Count().ShouldBe(4, "all were used");
        }
        finally
        {
            await cluster.RunAsync("docker swarm leave --force");
            await cluster.RunAsync($"docker rm --force --volumes $(docker ps --all --quiet --filter label=com.docker.stack.namespace={Stack})");
        }
    }

    private async Task ReplicasShouldBeConfinedAsync()
    {
        foreach (var replica in await ReplicasAsync())
        {
            var container = await cluster.InspectAsync(replica);
            container["HostConfig"]!["ReadonlyRootfs"]!.GetValue<bool>().ShouldBeTrue();
            container["HostConfig"]!["CapDrop"]!.AsArray().Select(name => $"{name}").ShouldBe(["ALL"]);
            container["HostConfig"]!["Memory"]!.GetValue<long>().ShouldBe(512 << 20);
            container["NetworkSettings"]!["Networks"]!.AsObject().Select(network => network.Key)
                .ShouldBe([$"{Stack}_egress", $"{Stack}_internal"], ignoreOrder: true);
        }
    }

    private static async Task<string> StreamAsync(HttpClient client)
    {
        using var content = JsonContent.Create(
            new { model = "tiny-1", stream = true, messages = (object[])[new { role = "user", content = "one two three" }] });
        using var response = await client.PostAsync("/v1/chat/completions", content, Cancelled);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync(Cancelled);
    }

    private async Task<string[]> ReplicasAsync() =>
        (await RunAsync($"docker ps --quiet --filter label=com.docker.swarm.service.name={Api}")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private async Task<string> RunAsync(string command)
    {
        // The settings of the cluster beside it are not those of the stack, but for the images and what the load needs.
        var (exitCode, said) = await cluster.RunAsync(command);
        exitCode.ShouldBe(0, said);
        return said;
    }
}
