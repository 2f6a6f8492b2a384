using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Containers;

/// <summary><c>scripts/</c>, as far as the cluster of the collection is not made with them anyway.</summary>
[Collection(ComposeCluster.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class ClusterScriptTests(ComposeCluster cluster)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Monitor_ShowsReplicasTheEdgeAndProviders()
    {
        await cluster.RequireAsync();
        using var client = cluster.Client();
        await client.GetStringAsync("/?text=hi", Cancelled);

        var (exitCode, screen) = await cluster.RunAsync("../scripts/monitor-cluster.sh --once");
        var (_, json) = await cluster.RunAsync("../scripts/monitor-cluster.sh --json");

        exitCode.ShouldBe(0, screen);
        screen.ShouldMatch(@"fg4-\w+-llm-api-\d+ +running +healthy +\d+ +[\d.]+% +[\d.]+MiB +512MiB");
        screen.ShouldMatch(@"Last 60 s: [\d.]+ requests/s, [\d.]+ % errors, \d+ refused \(429\), median \d+ ms, 95 % within \d+ ms");
        screen.ShouldMatch(@"Custom +usable");
        var state = JsonNode.Parse(json)!;
        state["replicas"]!.AsArray().Count.ShouldBe(2);
        state["replicas"]!.AsArray().ShouldAllBe(replica => replica!["health"]!.ToString() == "healthy" && replica["limit"]!.ToString() == "512MiB");
        state["edge"]!["requests"]!.GetValue<int>().ShouldBeGreaterThan(0);
        state["status"]!["providers"]!.AsArray().ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Start_WithAValueThatCannotBeUsed_SaysItOnceAndEnds()
    {
        await cluster.RequireAsync();

        var (exitCode, said) = await cluster.RunAsync("../scripts/start-cluster.sh --no-build", ("PROVIDER", "Nobody"));

        exitCode.ShouldBe(1, said);
        said.Split("PROVIDER is \"Nobody\"; allowed is ").Length.ShouldBe(2, said);
        said.ShouldEndWith("When that is mended, run this again; 'docker compose down' in deploy/ stops what runs.");
    }

    [Fact]
    public async Task Start_WithWhatTheEngineRefuses_SaysWhyAndEnds()
    {
        await cluster.RequireAsync();

        var (exitCode, said) = await cluster.RunAsync("../scripts/start-cluster.sh --no-build", ("CONTAINER_LOG_SIZE", "much"));

        exitCode.ShouldBe(1, said);
        said.ShouldContain("invalid size: 'much'");
        said.ShouldContain("Docker Compose could not start the cluster.");
    }

    [Fact]
    public async Task Update_ToWhatDoesNotStart_KeepsTheOldReplicas()
    {
        await cluster.RequireAsync();
        var replicas = await cluster.ContainersAsync("llm-api");

        var (exitCode, said) = await cluster.RunAsync("../scripts/update-cluster.sh --no-build", ("PROVIDER", "Nobody"));

        exitCode.ShouldBe(1, said);
        said.ShouldContain("PROVIDER is \"Nobody\"; allowed is ");
        said.ShouldContain("It is taken away, and the old ones go on: 0 of 2 replicas are updated.");
        (await cluster.ContainersAsync("llm-api")).ShouldBe(replicas, ignoreOrder: true);
    }

    [Theory]
    [InlineData("start-cluster.sh", "--fast", "\"--fast\" is no option of start-cluster.sh; allowed is --no-build.")]
    [InlineData("update-cluster.sh", "--fast", "\"--fast\" is no option of update-cluster.sh; allowed is --no-build.")]
    [InlineData("monitor-cluster.sh", "--fast", "\"--fast\" is no option of monitor-cluster.sh; allowed are --once and --json.")]
    public async Task Option_NotKnown_IsToldInOneLine(string script, string option, string expected)
    {
        var (exitCode, said) = await cluster.Engine.RunAsync($"'{ComposeCluster.Repository}/scripts/{script}' {option}");

        exitCode.ShouldBe(2);
        said.ShouldBe(expected);
    }

    [Theory]
    [InlineData("echo no such socket >&2; exit 1", "Missing: a Docker engine that answers: no such socket")]
    [InlineData("echo 24.0.9", "Missing: Docker 25 or newer; the engine is 24.0.9.")]
    [InlineData("[ $1 = version ] && echo 28.0.0 || echo 2.5.1", "Missing: Docker Compose 2.20 or newer; this is 2.5.1.")]
    public async Task Start_WithoutWhatItNeeds_SaysWhatIsMissing(string docker, string expected)
    {
        using var folder = new TemporaryFolder();
        var program = Path.Combine(folder.Path, "docker");
        await File.WriteAllTextAsync(program, $"#!/bin/sh\n{docker}\n", Cancelled);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var (exitCode, said) = await cluster.Engine.RunAsync(
            $"'{ComposeCluster.Repository}/scripts/start-cluster.sh'", ("PATH", $"{folder.Path}:{System.Environment.GetEnvironmentVariable("PATH")}"));

        exitCode.ShouldBe(1);
        said.ShouldStartWith(expected);
    }

    [Fact]
    public async Task Scripts_AreCleanToShellCheck()
    {
        var (found, _) = await cluster.Engine.RunAsync("command -v shellcheck");
        Assert.SkipWhen(found != 0, "There is no shellcheck on the PATH.");

        var (exitCode, said) = await cluster.Engine.RunAsync(
            $"cd '{ComposeCluster.Repository}' && shellcheck -x aspire/*.sh scripts/*.sh eng/containers/*.sh nginx/*.sh");

        exitCode.ShouldBe(0, said);
    }
}
