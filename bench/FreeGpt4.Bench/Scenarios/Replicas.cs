using System.Net;
using FreeGpt4.Bench.Reports;
using FreeGpt4.Bench.Targets;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Bench.Scenarios;

/// <summary>Whether more replicas on the same processors cost throughput, through nginx as in a deployment: it asks a name server for them.</summary>
internal sealed class Replicas : Scenario
{
    public override string Name => "replicas";

    public override string Title => "More replicas on the same processors, through nginx";

    public override IReadOnlyList<Column> Columns(BenchOptions options) =>
    [
        new("requests/s", Measure.Throughput, Statistic.Median),
        new("CPU µs/request", Measure.Cpu, Statistic.Median),
        new("MB under load", Measure.BusyMemory, Statistic.Max),
    ];

    public override async Task RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        var nginx = bench.Options.Nginx ?? throw new TargetException("This needs an nginx of 1.27.3 or newer: put it on the PATH, or name it with --nginx.");
        var targets = new List<Target>();
        var nameServers = new List<NameServer>();
        try
        {
            foreach (var count in (int[])[1, 2, 4])
            {
                var names = new NameServer { Addresses = [.. Enumerable.Range(1, count).Select(i => new IPAddress([127, 0, 0, (byte)i]))] };
                nameServers.Add(names);
                targets.Add(bench.Keep(await StartAsync(bench, nginx, names, cancellationToken)));
            }

            await WarmUpAsync(bench, targets, cancellationToken);
            await InTurnsAsync(bench, targets, target => SaturateAsync(bench, target, cancellationToken));
        }
        finally
        {
            foreach (var names in nameServers)
            {
                await names.DisposeAsync();
            }
        }
    }

    // All at the same port, as in containers.
    private static async Task<Target> StartAsync(Workbench bench, string nginx, NameServer names, CancellationToken cancellationToken)
    {
        var port = ServerProcess.FreePort();
        var data = bench.NewFolder();
        var replicas = new List<ServerProcess>();
        foreach (var address in names.Addresses)
        {
            replicas.Add(await LlmApiTarget.StartAsync(bench, cancellationToken, data, address, port, LlmApiTarget.WithoutUsage));
        }

        var edge = await NginxTarget.StartAsync(
            nginx,
            new($"http://llm-api:{port}"),
            cancellationToken,
            ("UPSTREAM_RESOLVE", "on"),
            ("UPSTREAM_RESOLVER", $"127.0.0.1:{names.Port}"));
        return new($"{replicas.Count} {(replicas.Count == 1 ? "replica" : "replicas")}", [edge, .. replicas]);
    }
}
