using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using FreeGpt4.Tests.Infrastructure;
using Grpc.Core;

namespace FreeGpt4.Tests.Aspire.Dashboard;

/// <summary>What the dashboard is told while a cluster starts, fails to start, and stops.</summary>
public sealed class DashboardStartAndStopTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Edge_UntilTheReplicasAreHealthy_ShowsThatItWaitsForThem()
    {
        var url = $"http://localhost:{FreePorts.Next()}";
        await using var appHost = AppHostProcess.Start(DashboardFixture.Environment(url));
        using var dashboard = new DashboardClient(url, DashboardFixture.ResourceServiceKey);

        var waiting = await dashboard.WaitForAsync(
            rows => rows.Values.Any(row => row is { DisplayName: "proxy", State: "Waiting" } && row.Property("resource.waitingFor") == "llm-api"), Cancelled);

        var edge = waiting.Values.Single(row => row.DisplayName == "proxy");
        edge.Urls.ShouldBeEmpty();
        edge.Relationships.ShouldContain(r => r.ResourceName == "llm-api" && r.Type == "WaitFor");
        (await dashboard.WaitForLineAsync(edge.Name, "Waiting for llm-api", afterLine: 0, Cancelled)).LineNumber.ShouldBe(1);
        (await dashboard.WaitUntilHealthyAsync(edge.Name, Cancelled)).Property("resource.waitingFor").ShouldBeNull();
    }

    [Fact]
    public async Task Replica_ThatCannotStart_ShowsItsLastLines()
    {
        var url = $"http://localhost:{FreePorts.Next()}";
        await using var appHost = AppHostProcess.Start([.. DashboardFixture.Environment(url), ("CUSTOM_BASE_URL", "not a url")]);
        using var dashboard = new DashboardClient(url, DashboardFixture.ResourceServiceKey);

        var rows = await dashboard.WaitForAsync(
            rows => rows.Values.Any(row => row is { DisplayName: "llm-api", State: "Exited" }), Cancelled);

        var failed = rows.Values.First(row => row is { DisplayName: "llm-api", State: "Exited" });
        failed.StateStyle.ShouldBe("error");
        failed.HealthReports.Single(r => r.Key == "process").Exception.ShouldContain("CUSTOM_BASE_URL");
        (await appHost.WaitForExitAsync(Cancelled)).ShouldBe(1);
    }

    [Fact]
    public async Task Stop_WithOpenStreams_TellsThemTheEndAndIsNotHeldUp()
    {
        var url = $"http://localhost:{FreePorts.Next()}";
        await using var appHost = await AppHostProcess.StartReadyAsync(DashboardFixture.Environment(url));
        using var dashboard = new DashboardClient(url, DashboardFixture.ResourceServiceKey);
        using var interactions = dashboard.Service.WatchInteractions(dashboard.Options(Cancelled));
        var seen = new ConcurrentQueue<string>();
        var watching = WatchToTheEndAsync();
        await Eventually.IsTrue(() => seen.Contains("llm-api Running"), Patience.Limit, "the rows have been sent", Cancelled);

        (await appHost.StopAsync()).ShouldBe(0);

        await watching;
        seen.ShouldContain("llm-api Stopping");
        seen.ShouldContain("proxy Stopping");

        async Task WatchToTheEndAsync()
        {
            try
            {
                await foreach (var row in dashboard.WatchAsync(Cancelled).SelectMany(rows => rows.Values))
                {
                    seen.Enqueue($"{row.DisplayName} {row.State}");
                }
            }
            catch (RpcException exception) when (exception.StatusCode is StatusCode.Internal or StatusCode.Unavailable)
            {
                // The end of the process may overtake the end of the stream.
            }
        }
    }

    [Theory]
    [InlineData("https://localhost:18890", "serves it over plain HTTP on loopback only")]
    [InlineData("http://192.0.2.1:18890", "serves it over plain HTTP on loopback only")]
    [InlineData("18890", "which is not a URL")]
    public async Task ResourceServiceUrl_ThatCannotBeServed_StopsTheStartWithOneLine(string url, string expected)
    {
        await using var appHost = AppHostProcess.Start(("DASHBOARD", "true"), ("ASPIRE_ALLOW_UNSECURED_TRANSPORT", "true"), ("ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL", url));

        (await appHost.WaitForExitAsync(Cancelled)).ShouldBe(1);
        appHost.Output.ShouldStartWith($"error: ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL is '{url}'");
        appHost.Output.ShouldContain(expected);
        appHost.Output.ShouldNotContain("\n");
    }

    [Fact]
    public async Task ResourceServicePort_InUse_StopsTheStartWithOneLine()
    {
        using var occupied = new TcpListener(IPAddress.Loopback, 0);
        occupied.Start();
        var port = ((IPEndPoint)occupied.LocalEndpoint).Port;

        await using var appHost = AppHostProcess.Start(DashboardFixture.Environment($"http://localhost:{port}"));

        (await appHost.WaitForExitAsync(Cancelled)).ShouldBe(1);
        appHost.Output.ShouldBe(
            $"error: Port {port}, wanted by ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL, is in use by another process: stop that process, or start with the argument --ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL=http://localhost:… and another port.");
    }
}
