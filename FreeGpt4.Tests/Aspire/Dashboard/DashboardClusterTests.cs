using System.Diagnostics;
using Aspire.Hosting.Dashboard.V1;
using FreeGpt4.Tests.AppHost;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Aspire.Dashboard;

/// <summary>What the dashboard is told of a running cluster, and what its buttons do.</summary>
[Collection(DashboardFixture.Name)]
public sealed class DashboardClusterTests(DashboardFixture cluster) : IDisposable
{
    private readonly DashboardClient _dashboard = cluster.Client();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_OfARunningCluster_AreTheReplicasTheEdgeAndTheParameters()
    {
        var rows = await HealthyRowsAsync();

        rows.Values.Where(row => !row.IsHidden).Select(row => (row.DisplayName, row.ResourceType)).ShouldBe(
            [("custom-api-key", "Parameter"), ("llm-api", "Project"), ("llm-api", "Project"), ("proxy", "Project")], ignoreOrder: true);
        rows.Values.Single(row => row.IsHidden).DisplayName.ShouldBe("aspire-dashboard");
        (await _dashboard.Service.GetApplicationInformationAsync(new(), _dashboard.Options(Cancelled))).ApplicationName.ShouldBe("FreeGpt4");
    }

    [Fact]
    public async Task Replica_Running_ShowsItsProcess()
    {
        var replicas = Replicas(await HealthyRowsAsync());

        replicas.Select(row => row.Property("executable.pid")).Distinct().Count().ShouldBe(2);
        foreach (var row in replicas)
        {
            var process = Process.GetProcessById(int.Parse(row.Property("executable.pid")!));
            process.MainModule!.ModuleName.ShouldBe("FreeGpt4.LlmApi");
            row.StateStyle.ShouldBe("success");
            row.Property("project.path")!.ShouldEndWith("FreeGpt4.LlmApi.csproj");
            row.Property("executable.workDir").ShouldBe(Path.GetDirectoryName(row.Property("project.path")));
            row.StartedAt.ToDateTime().ShouldBe(process.StartTime.ToUniversalTime(), TimeSpan.FromMinutes(1));
            row.StoppedAt.ShouldBeNull();
            row.HealthReports.Single().Status.ShouldBe(HealthStatus.Healthy);
            row.Environment.Single(v => v.Name == "OTEL_SERVICE_NAME").Value.ShouldBe("llm-api");
            row.Commands.Select(c => (c.Name, c.State)).ShouldBe(
                [("start", ResourceCommandState.Hidden), ("stop", ResourceCommandState.Enabled), ("restart", ResourceCommandState.Enabled), ("scale", ResourceCommandState.Enabled)]);
        }
    }

    [Fact]
    public async Task Edge_Running_ShowsItsUrlAndWhatItNeeds()
    {
        var edge = (await HealthyRowsAsync()).Values.Single(row => row.DisplayName == "proxy");

        var url = edge.Urls.Single();
        url.FullUrl.ShouldBe($"http://localhost:{cluster.AppHost.EdgePort}");
        url.IsInactive.ShouldBeFalse();
        edge.Relationships.Select(r => (r.ResourceName, r.Type)).ShouldBe([("llm-api", "Reference"), ("llm-api", "WaitFor")], ignoreOrder: true);
        edge.Property("resource.waitingFor").ShouldBeNull();
    }

    [Fact]
    public async Task Secrets_OfParametersAndTheirUsers_AreNotShown()
    {
        var rows = await HealthyRowsAsync();

        var value = rows["custom-api-key"].Properties.Single(p => p.Name == "Value");
        value.IsSensitive.ShouldBeTrue();
        value.Value.StringValue.ShouldBe(DashboardFixture.ProviderKey);
        var users = rows.Values.Where(row => row.ResourceType != "Parameter").ToArray();
        users.ShouldAllBe(row => !$"{row}".Contains(DashboardFixture.ProviderKey));
        users.Count(row => row.Environment.Any(v => v.Name == "CUSTOM_API_KEY" && v.Value == "********")).ShouldBe(2);

        var dashboard = rows.Values.Single(row => row.DisplayName == "aspire-dashboard");
        $"{dashboard}".ShouldNotContain(DashboardFixture.ResourceServiceKey);
        cluster.AppHost.Output.ShouldNotContain(DashboardFixture.ProviderKey);
    }

    [Fact]
    public async Task StopAndStart_OfAReplica_ShowInItsRowAndItsLog()
    {
        var replica = Replicas(await HealthyRowsAsync())[0];
        var linesBefore = (await _dashboard.LogAsync(replica.Name, follow: false, Cancelled).ToListAsync(Cancelled))[^1].LineNumber;
        var shuttingDown = _dashboard.WaitForLineAsync(replica.Name, "Application is shutting down", linesBefore, Cancelled);

        (await _dashboard.ExecuteAsync("stop", replica, Cancelled)).Kind.ShouldBe(ResourceCommandResponseKind.Succeeded);

        var stopped = await _dashboard.WaitForAsync(replica.Name, row => row.State is "Finished" or "Exited", Cancelled);
        stopped.StateStyle.ShouldBe("info");
        stopped.Property("resource.exitCode").ShouldBe("0");
        stopped.StoppedAt.ShouldNotBeNull();
        stopped.Urls.ShouldAllBe(url => url.IsInactive);
        stopped.CommandState("start").ShouldBe(ResourceCommandState.Enabled);
        stopped.CommandState("stop").ShouldBe(ResourceCommandState.Hidden);
        await shuttingDown;
        (await ClusterTests.ReplicasAnswering(cluster.AppHost.EdgeUrl, requests: 20)).Count.ShouldBe(1);

        (await _dashboard.ExecuteAsync("start", stopped, Cancelled)).Kind.ShouldBe(ResourceCommandResponseKind.Succeeded);

        var started = await _dashboard.WaitUntilHealthyAsync(replica.Name, Cancelled);
        started.Property("executable.pid").ShouldNotBe(replica.Property("executable.pid"));
        started.Property("resource.exitCode").ShouldBeNull();
        started.StoppedAt.ShouldBeNull();
        (await _dashboard.WaitForLineAsync(replica.Name, "Application started", linesBefore, Cancelled)).IsStdErr.ShouldBeFalse();
        (await ClusterTests.ReplicasAnswering(cluster.AppHost.EdgeUrl, requests: 60)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Restart_OfEachReplica_FailsNoRequest()
    {
        var replicas = Replicas(await HealthyRowsAsync());
        await using var load = Load.Start(cluster.AppHost.EdgeUrl);
        await load.AnsweredAsync(20, Cancelled);

        foreach (var replica in replicas)
        {
            (await _dashboard.ExecuteAsync("restart", replica, Cancelled)).Kind.ShouldBe(ResourceCommandResponseKind.Succeeded);
            var restarted = await _dashboard.WaitUntilHealthyAsync(replica.Name, Cancelled);
            restarted.Property("executable.pid").ShouldNotBe(replica.Property("executable.pid"));
        }

        await load.AnsweredAsync(20, Cancelled);
        (await load.StopAsync()).ShouldBeEmpty();
        (await ClusterTests.ReplicasAnswering(cluster.AppHost.EdgeUrl, requests: 60)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Crash_OfAReplica_ShowsWhyUntilItIsStarted()
    {
        var replica = Replicas(await HealthyRowsAsync())[0];

        Process.GetProcessById(int.Parse(replica.Property("executable.pid")!)).Kill();

        var crashed = await _dashboard.WaitForAsync(replica.Name, row => row.State == "Exited", Cancelled);
        crashed.StateStyle.ShouldBe("error");
        var report = crashed.HealthReports.Single(r => r.Key == "process");
        report.Status.ShouldBe(HealthStatus.Unhealthy);
        report.Description.ShouldBe($"Exited (exit code {crashed.Property("resource.exitCode")})");
        report.Exception.ShouldContain("Application started");
        report.Exception.ShouldNotContain("\e[");
        await Eventually.IsTrue(
            () => cluster.AppHost.Output.Contains($"{replica.Name} {report.Description}. Its last lines:", StringComparison.Ordinal),
            Patience.Limit,
            "the end and the last lines of the replica in the AppHost's console",
            Cancelled);

        (await _dashboard.ExecuteAsync("start", crashed, Cancelled)).Kind.ShouldBe(ResourceCommandResponseKind.Succeeded);

        var started = await _dashboard.WaitUntilHealthyAsync(replica.Name, Cancelled);
        started.HealthReports.ShouldNotContain(r => r.Key == "process");
    }

    public void Dispose() => _dashboard.Dispose();

    private static Resource[] Replicas(IReadOnlyDictionary<string, Resource> rows) => [.. rows.Values.Where(row => row.DisplayName == "llm-api")];

    /// <summary>Every row of the cluster once nothing in it is about to change.</summary>
    private Task<IReadOnlyDictionary<string, Resource>> HealthyRowsAsync()
        => _dashboard.WaitForAsync(rows => rows.Count == 5 && rows.Values.All(row => row.Property("resource.healthState") == "Healthy"), Cancelled);
}
