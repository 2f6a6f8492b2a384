using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.AppHost;

/// <summary>Resources of a cluster behind nginx, stopped and restarted as from the dashboard.</summary>
public sealed class NginxUnderLoadTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replica_StoppedUnderLoad_FailsNoRequest()
    {
        await using var app = await StartAsync();
        var edge = app.GetEndpoint("nginx");
        var replica = (await app.ResourceNotifications.WaitForResourceHealthyAsync("llm-api", Cancelled)).ResourceId;

        await using var load = Load.Start(edge);
        await load.AnsweredAsync(20, Cancelled);
        var stopped = await app.ResourceCommands.ExecuteCommandAsync(replica, KnownResourceCommands.StopCommand, Cancelled);
        await load.AnsweredAsync(20, Cancelled);

        stopped.Success.ShouldBeTrue(stopped.Message);
        (await load.StopAsync()).ShouldBeEmpty();
        (await ClusterTests.ReplicasAnswering(edge, requests: 30)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Nginx_StoppedAndStarted_ServesAgain()
    {
        await using var app = await StartAsync();
        var edge = app.GetEndpoint("nginx");

        var stopped = await app.ResourceCommands.ExecuteCommandAsync("nginx", KnownResourceCommands.StopCommand, Cancelled);
        await Should.ThrowAsync<HttpRequestException>(() => ClusterTests.ReplicasAnswering(edge, requests: 1));
        var started = await app.ResourceCommands.ExecuteCommandAsync("nginx", KnownResourceCommands.StartCommand, Cancelled);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("nginx", WaitBehavior.StopOnResourceUnavailable, Cancelled);

        stopped.Success.ShouldBeTrue(stopped.Message);
        started.Success.ShouldBeTrue(started.Message);
        (await ClusterTests.ReplicasAnswering(edge, requests: 50)).Count.ShouldBe(2);
    }

    private static async Task<DistributedApplication> StartAsync()
    {
        var (name, path) = await NginxClusterFixture.PathWithNginxAsync();
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.FreeGpt4_AppHost>(
            ["--EDGE=nginx", $"--EDGE_PORT={FreePorts.Next()}", $"--{name}={path}", "--FALLBACK_PROVIDERS=Custom,Demo", "--RATE_LIMIT_API=off", $"--DATA_DIR={TestRun.NewDataFolder()}"], Cancelled);
        var app = await builder.BuildAsync(Cancelled);
        await app.StartAsync(Cancelled);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("nginx", WaitBehavior.StopOnResourceUnavailable, Cancelled);
        return app;
    }
}
