using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Containers;

/// <summary>What happens to a cluster in containers when a replica fails, under load.</summary>
[Collection(ComposeCluster.Name)]
public sealed class ComposeFaultTests(ComposeCluster cluster, ITestOutputHelper output)
{
    private const int PerSecond = 20;

    [Fact]
    public async Task Replica_Killed_ComesBack()
    {
        await cluster.RequireAsync();
        await using var load = OpenLoad.Start(cluster.Url, PerSecond);
        await load.MoreAsync(PerSecond);

        for (var i = 0; i < Effort.Choose(usual: 1, full: 5); i++)
        {
            var replica = (await cluster.ContainersAsync("llm-api"))[i % 2];
            var restarts = await RestartsAsync(replica);
            await cluster.SignalAsync(replica, "KILL");
            await cluster.WaitUntilHealthyAsync(replica, restarts + 1);
        }

        ShouldBeWhatTheContractAllows(await load.StopAsync());
    }

    [Fact]
    public async Task Replica_OutOfMemory_ComesBack()
    {
        await cluster.RequireAsync();
        var replica = (await cluster.ContainersAsync("llm-api"))[0];
        var restarts = await RestartsAsync(replica);
        await using var load = OpenLoad.Start(cluster.Url, PerSecond);

        // What is in /tmp counts as memory and belongs to no process, so that the largest one is ended for it.
        await cluster.RunAsync($"docker exec {replica} dd if=/dev/zero of=/tmp/filler bs=1M count=600");

        await cluster.WaitUntilHealthyAsync(replica, restarts + 1);
        ShouldBeWhatTheContractAllows(await load.StopAsync());
    }

    [Fact]
    public async Task Replica_ThatHangs_IsEndedByItsOwnCheck()
    {
        await cluster.RequireAsync();
        var replica = (await cluster.ContainersAsync("llm-api"))[0];
        var restarts = await RestartsAsync(replica);

        await cluster.SignalAsync(replica, "STOP");

        await cluster.WaitUntilHealthyAsync(replica, restarts + 1);
        (await cluster.Engine.DockerAsync($"logs {replica}")).ShouldContain(
            "/app/FreeGpt4.LlmApi is ended after 3 health checks in a row that it did not answer, to be started again. "
            + "http://127.0.0.1:5500/models gives no answer within 5 s.");
    }

    [Fact]
    public async Task Replica_Paused_IsSetAside()
    {
        await cluster.RequireAsync();
        // By default the edge waits ten minutes for one that is silent.
        await cluster.ScaleAsync(2, ("UPSTREAM_READ_TIMEOUT", "3s"));
        var replica = (await cluster.ContainersAsync("llm-api"))[0];
        // On older kernels it takes several tries while health checks come and go.
        await Eventually.IsTrue(
            async () => (await cluster.RunAsync($"docker pause {replica}")).ExitCode == 0, Patience.Limit, "the replica is paused", TestContext.Current.CancellationToken);
        try
        {
            await using var load = OpenLoad.Start(cluster.Url, PerSecond);
            await load.MoreAsync(10 * PerSecond);
            var requests = await load.StopAsync();

            var failed = requests.Where(request => request.Failure is not null).ToList();
            output.WriteLine($"{failed.Count} of {requests.Count} requests failed.");
            failed.ShouldAllBe(request => request.Status == 504);
            failed.Count.ShouldBeLessThan(requests.Count / 3);
        }
        finally
        {
            await cluster.Engine.DockerAsync($"unpause {replica}");
            await cluster.WaitUntilHealthyAsync(replica, restarts: 0);
        }
    }

    private async Task<int> RestartsAsync(string container) => (await cluster.InspectAsync(container))["RestartCount"]!.GetValue<int>();

    // What was already handed to the replica: an answer that is cut where it had begun, or else an error that says that it may be sent again.
    private void ShouldBeWhatTheContractAllows(IReadOnlyList<LoadedRequest> requests)
    {
        var failed = requests.Where(request => request.Failure is not null).ToList();
        output.WriteLine($"{failed.Count} of {requests.Count} requests failed.");
        failed.ShouldAllBe(request => (request.Status == 502 && request.MayRetry) || request.Status == 200);
        failed.Count.ShouldBeLessThan(requests.Count / 4);
    }
}
