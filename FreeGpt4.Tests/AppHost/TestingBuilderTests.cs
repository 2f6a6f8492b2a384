#pragma warning disable ASPIREINTERACTION001 // The arguments of commands are called experimental.
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FreeGpt4.Tests.AppHost;

/// <summary>The cluster as Aspire's users test theirs: its AppHost inside the test, its resources as real processes.</summary>
public sealed class TestingBuilderTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cluster_Started_AnswersStreamedAndWhole()
    {
        await using var app = await StartAsync();
        using var client = app.CreateHttpClient("proxy");

        var whole = await ChatAsync(client, stream: false);
        var streamed = await ChatAsync(client, stream: true);

        whole.ShouldContain("demo", Case.Insensitive);
        streamed.TrimEnd().ShouldEndWith("data: [DONE]");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Replicas_FromConfiguration_AllAnswer(int replicas)
    {
        await using var app = await StartAsync($"--API_REPLICAS={replicas}");

        (await ClusterTests.ReplicasAnswering(app.GetEndpoint("proxy"), requests: replicas * 25)).Count.ShouldBe(replicas);
    }

    [Fact]
    public async Task Replica_StoppedUnderLoad_FailsNoRequest()
    {
        await using var app = await StartAsync("--API_REPLICAS=4");
        var edge = app.GetEndpoint("proxy");
        var replica = await AnyReplicaAsync(app);

        await using var load = Load.Start(edge);
        await load.AnsweredAsync(20, Cancelled);
        var stopped = await app.ResourceCommands.ExecuteCommandAsync(replica, KnownResourceCommands.StopCommand, Cancelled);
        await load.AnsweredAsync(20, Cancelled);

        stopped.Success.ShouldBeTrue(stopped.Message);
        (await load.StopAsync()).ShouldBeEmpty();
        (await ClusterTests.ReplicasAnswering(edge, requests: 75)).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Replicas_ScaledDownBeforeTheyWereReady_LeaveOneToServe()
    {
        await using var app = await BuildAsync();
        await app.StartAsync(Cancelled);
        var replica = await app.ResourceNotifications.WaitForResourceAsync("llm-api", e => e.Snapshot.State?.Text == KnownResourceStates.Running, Cancelled);

        var one = new InteractionInputCollection([new() { Name = "replicas", InputType = InputType.Number, Value = "1" }]);
        var scaled = await app.ResourceCommands.ExecuteCommandAsync(replica.ResourceId, "scale", one, Cancelled);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("proxy", WaitBehavior.StopOnResourceUnavailable, Cancelled)
            .WaitAsync(Patience.Limit, Cancelled);

        scaled.Success.ShouldBeTrue(scaled.Message);
        (await ClusterTests.ReplicasAnswering(app.GetEndpoint("proxy"), requests: 20)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Replica_RestartedUnderLoad_FailsNoRequestAndComesBack()
    {
        await using var app = await StartAsync();
        var edge = app.GetEndpoint("proxy");
        var replica = await AnyReplicaAsync(app);

        await using var load = Load.Start(edge);
        await load.AnsweredAsync(20, Cancelled);
        var restarted = await app.ResourceCommands.ExecuteCommandAsync(replica, KnownResourceCommands.RestartCommand, Cancelled);
        await app.ResourceNotifications.WaitForResourceAsync(
            "llm-api", e => e.ResourceId == replica && e.Snapshot.HealthStatus == HealthStatus.Healthy, Cancelled);
        await load.AnsweredAsync(20, Cancelled);

        restarted.Success.ShouldBeTrue(restarted.Message);
        (await load.StopAsync()).ShouldBeEmpty();
        (await ClusterTests.ReplicasAnswering(edge, requests: 50)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Replicas_AllKilled_FailAtOnceUntilOneIsStarted()
    {
        await using var app = await StartAsync("--API_REPLICAS=1");
        using var client = app.CreateHttpClient("proxy");
        client.Timeout = Patience.Limit;
        var replica = await app.ResourceNotifications.WaitForResourceHealthyAsync("llm-api", Cancelled);

        Process.GetProcessById((int)replica.Snapshot.Properties.Single(p => p.Name == "executable.pid").Value!).Kill();
        await app.ResourceNotifications.WaitForResourceAsync("llm-api", KnownResourceStates.TerminalStates, Cancelled);
        using var refused = await client.GetAsync("/v1/models", Cancelled);
        await app.ResourceCommands.ExecuteCommandAsync(replica.ResourceId, KnownResourceCommands.StartCommand, Cancelled);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("llm-api", Cancelled);
        using var answered = await client.GetAsync("/v1/models", Cancelled);

        refused.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        answered.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Clusters_SideBySide_DoNotMeet()
    {
        var apps = await Task.WhenAll(StartAsync("--API_REPLICAS=1"), StartAsync("--API_REPLICAS=1"));
        await using var first = apps[0];
        await using var second = apps[1];

        var ofFirst = await ClusterTests.ReplicasAnswering(first.GetEndpoint("proxy"), requests: 10);
        var ofSecond = await ClusterTests.ReplicasAnswering(second.GetEndpoint("proxy"), requests: 10);

        ofFirst.Count.ShouldBe(1);
        ofSecond.Count.ShouldBe(1);
        ofFirst.Overlaps(ofSecond).ShouldBeFalse();
    }

    [Fact]
    public async Task Setting_OutOfRange_FailsTheBuilder()
    {
        var failure = await Should.ThrowAsync<InvalidOperationException>(
            () => DistributedApplicationTestingBuilder.CreateAsync<Projects.FreeGpt4_AppHost>(["--API_REPLICAS=0"], Cancelled));

        failure.Message.ShouldContain("FreeGpt4.AppHost");
    }

    private static async Task<string> ChatAsync(HttpClient client, bool stream)
    {
        using var response = await client.PostAsJsonAsync(
            "/v1/chat/completions", new { model = "gpt-4o", stream, messages = new[] { new { role = "user", content = "hi" } } }, Cancelled);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync(Cancelled);
    }

    private static async Task<string> AnyReplicaAsync(DistributedApplication app)
        => (await app.ResourceNotifications.WaitForResourceHealthyAsync("llm-api", Cancelled)).ResourceId;

    /// <summary>A cluster that is ready: every resource that the model has is healthy.</summary>
    private static async Task<DistributedApplication> StartAsync(params string[] settings)
    {
        var app = await BuildAsync(settings);
        await app.StartAsync(Cancelled);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("proxy", WaitBehavior.StopOnResourceUnavailable, Cancelled);
        return app;
    }

    private static async Task<DistributedApplication> BuildAsync(params string[] settings)
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.FreeGpt4_AppHost>(
            ["--EDGE=proxy", $"--EDGE_PORT={FreePorts.Next()}", "--FALLBACK_PROVIDERS=Custom,Demo", "--RATE_LIMIT_API=off", $"--DATA_DIR={TestRun.NewDataFolder()}", .. settings], Cancelled);
        return await builder.BuildAsync(Cancelled);
    }
}
