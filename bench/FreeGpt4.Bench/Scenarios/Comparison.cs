using FreeGpt4.Bench.Load;
using FreeGpt4.Bench.Reports;
using FreeGpt4.Bench.Targets;
using FreeGpt4.Bench.Upstream;

namespace FreeGpt4.Bench.Scenarios;

/// <summary>A replica, and the cluster through either edge, beside bare proxies and another gateway.</summary>
internal sealed class Comparison : Scenario
{
    private const int StreamsPerSecond = 20;

    private static readonly StreamPace Pace = new(TimeSpan.FromMilliseconds(20), Tokens: 20, TimeSpan.FromMilliseconds(10));

    public override string Name => "compare";

    public override string Title => "Beside bare proxies and another gateway";

    public override IReadOnlyList<Column> Columns(BenchOptions options) =>
    [
        new("requests/s", Measure.Throughput, Statistic.Median),
        new("CPU µs/request", Measure.Cpu, Statistic.Median),
        new("allocated B/request", Measure.Allocated, Statistic.Median),
        new("MB idle", Measure.IdleMemory, Statistic.Median),
        new("MB under load", Measure.BusyMemory, Statistic.Max),
        .. Column.Added("ms added at {0}/s, p50", "p99", Measure.LatencyAt, options.Rates),
        Column.Added("ms added to first token, p50", Measure.FirstToken, Statistic.Median),
        Column.Added("p99", Measure.FirstToken, Statistic.P99),
        Column.Added("ms jitter added, p99", Measure.Jitter, Statistic.P99),
    ];

    public override async Task RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        var upstream = bench.Upstream;
        List<Target> targets =
        [
            Target.Direct(upstream),
            bench.Keep(await YarpTarget.StartAsync(upstream, cancellationToken)),
        ];
        async Task<ServerProcess> ReplicaAsync() =>
            await LlmApiTarget.StartAsync(bench, cancellationToken, settings: LlmApiTarget.WithoutUsage);

        if (bench.Options.Nginx is { } nginx)
        {
            targets.Add(bench.Keep(new("nginx alone", await NginxTarget.StartAloneAsync(nginx, upstream, bench.NewFolder(), cancellationToken))));
        }
        else
        {
            Console.WriteLine("No nginx on the PATH, and no --nginx: it is left out.");
        }

        targets.Add(bench.Keep(new(LlmApiTarget.Name, await ReplicaAsync())));
        if (bench.Options.Nginx is { } edge)
        {
            var replica = await ReplicaAsync();
            targets.Add(bench.Keep(new("… behind nginx", await NginxTarget.StartAsync(edge, replica.Address, cancellationToken), replica)));
        }

        var behindProxy = await ReplicaAsync();
        targets.Add(bench.Keep(new("… behind FreeGpt4.Proxy", await ProxyTarget.StartAsync(bench, cancellationToken, behindProxy.Address), behindProxy)));
        targets.Add(bench.Keep(await PortkeyTarget.StartAsync(upstream, cancellationToken)));

        await WarmUpAsync(bench, targets, cancellationToken);
        await InTurnsAsync(bench, targets, async target =>
        {
            await SaturateAsync(bench, target, cancellationToken);
            await AskAtRatesAsync(bench, target, cancellationToken);
            var (firstTokens, jitter) = await OpenLoop.StreamAsync(target, StreamsPerSecond, TimeSpan.FromSeconds(bench.Options.Seconds), Pace, cancellationToken);
            bench.Results.Add(target.Name, Measure.FirstToken, firstTokens);
            bench.Results.Add(target.Name, Measure.Jitter, jitter);
        });

        foreach (var target in targets.Where(target => target.Name is YarpTarget.Name or LlmApiTarget.Name))
        {
            bench.Results.Add(
                target.Name, Measure.Allocated, await Allocations.MeasureAsync(target, target.Servers[0], bench.Options.Clients, cancellationToken));
        }
    }
}
