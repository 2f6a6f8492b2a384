using System.Diagnostics;
using System.Net.Sockets;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.AppHost;

/// <summary>Many starts and stops, and many replicas; after the other tests, because they take all of the machine.</summary>
[Collection(nameof(StartStopTests))]
[CollectionDefinition(nameof(StartStopTests), DisableParallelization = true)]
public sealed class StartStopTests(ITestOutputHelper output)
{
    private const int Rounds = 4;
    private const int RoundsInFull = 50;
    private const int ManyReplicas = 16;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cluster_StartedAndStoppedAgainAndAgain_LeavesNothing()
    {
        var rounds = Effort.Choose(Rounds, RoundsInFull);
        var edgePort = FreePorts.Next();
        using var files = new TemporaryFolder();
        using var home = new TemporaryFolder();
        var starts = new List<TimeSpan>();
        var stops = new List<TimeSpan>();

        for (var round = 0; round < rounds; round++)
        {
            var start = Stopwatch.StartNew();
            await using var appHost = await AppHostProcess.StartReadyAsync(
                ("DASHBOARD", "true"), ("EDGE_PORT", $"{edgePort}"), ("TMPDIR", files.Path), ("XDG_CACHE_HOME", files.Path), ("HOME", home.Path));
            starts.Add(start.Elapsed);
            var login = await appHost.DashboardLogin;
            var processes = ProcessTree.StartedBy(appHost.Process.Id);

            var stop = Stopwatch.StartNew();
            (await appHost.StopAsync()).ShouldBe(0);
            stops.Add(stop.Elapsed);

            await Eventually.IsTrue(() => !processes.Any(ProcessTree.IsAlive), Patience.Limit, "every process of the cluster has ended", Cancelled);
            IsListening(edgePort).ShouldBeFalse();
            IsListening(login.Port).ShouldBeFalse();
        }

        Directory.EnumerateFiles(files.Path, "*", SearchOption.AllDirectories).ShouldBeEmpty();
        Directory.EnumerateFiles(Path.Combine(home.Path, ".aspire"), "*", SearchOption.AllDirectories).ShouldBeEmpty("the sockets for the aspire CLI");
        output.WriteLine($"{rounds} rounds: median start {Median(starts).TotalSeconds:F2} s, median stop {Median(stops).TotalSeconds:F2} s");
    }

    [Fact]
    public async Task ManyReplicas_StartServeAndStop()
    {
        await using var appHost = await AppHostProcess.StartReadyAsync(("API_REPLICAS", $"{ManyReplicas}"));
        var processes = ProcessTree.StartedBy(appHost.Process.Id);

        (await ClusterTests.ReplicasAnswering(appHost.EdgeUrl, requests: ManyReplicas * 20)).Count.ShouldBe(ManyReplicas);

        (await appHost.StopAsync()).ShouldBe(0);
        await Eventually.IsTrue(() => !processes.Any(ProcessTree.IsAlive), Patience.Limit, "every process of the cluster has ended", Cancelled);
    }

    private static bool IsListening(int port)
    {
        using var client = new TcpClient();
        try
        {
            client.Connect("localhost", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static TimeSpan Median(IEnumerable<TimeSpan> times) => times.Order().ElementAt(times.Count() / 2);
}
