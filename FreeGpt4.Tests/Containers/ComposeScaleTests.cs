using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Containers;

/// <summary>What is done to a cluster in containers on purpose, under load: no request may fail of it.</summary>
[Collection(ComposeCluster.Name)]
public sealed class ComposeScaleTests(ComposeCluster cluster, ITestOutputHelper output)
{
    private const int PerSecond = 20;

    [Fact]
    public async Task Scaling_FailsNoRequest()
    {
        await cluster.RequireAsync();
        int[] once = [4, 8, 1, 2];
        var steps = Effort.Choose(usual: [4, 1, 2], full: Enumerable.Repeat(once, 4).SelectMany(steps => steps).ToArray());
        await using var load = OpenLoad.Start(cluster.Url, PerSecond);

        foreach (var replicas in steps)
        {
            await cluster.ScaleAsync(replicas);
            var containers = await cluster.ContainersAsync("llm-api");
            containers.Length.ShouldBe(replicas);
            // A replica is named after its host, which has the beginning of the container's id for a name.
            await load.UsesAsync(containers.Select(id => id[..12]));
        }

        ShouldAllBeAnswered(await load.StopAsync());
    }

    [Fact]
    public async Task Update_OfTheImage_FailsNoRequest()
    {
        await cluster.RequireAsync();
        await using var load = OpenLoad.Start(cluster.Url, PerSecond);
        await load.MoreAsync(PerSecond);

        for (var i = 0; i < Effort.Choose(usual: 1, full: 3); i++)
        {
            var image = $"{cluster.Project}/llm-api";
            var before = await cluster.ContainersAsync("llm-api");
            await cluster.Engine.RunAsync($"printf 'FROM {image}\\nLABEL update={Guid.NewGuid()}\\n' | docker build --quiet --tag {image} -");

            var (exitCode, said) = await cluster.RunAsync("../scripts/update-cluster.sh --no-build");

            exitCode.ShouldBe(0, said);
            said.ShouldEndWith("2 of 2 replicas are updated.");
            var after = await cluster.ContainersAsync("llm-api");
            after.Length.ShouldBe(2);
            after.Intersect(before).ShouldBeEmpty();
            var newest = (await cluster.Engine.DockerAsync($"image inspect --format '{{{{.Id}}}}' {image}")).Trim();
            foreach (var replica in after)
            {
                (await cluster.InspectAsync(replica))["Image"]!.ToString().ShouldBe(newest);
            }

            // And 'up' finds nothing to do.
            await cluster.ScaleAsync(2);
            (await cluster.ContainersAsync("llm-api")).ShouldBe(after, ignoreOrder: true);
        }

        ShouldAllBeAnswered(await load.StopAsync());
    }

    private void ShouldAllBeAnswered(IReadOnlyList<LoadedRequest> requests)
    {
        output.WriteLine($"{requests.Count} requests.");
        requests.Where(request => request.Failure is not null).ShouldBeEmpty();
    }
}
