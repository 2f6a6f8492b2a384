using FreeGpt4.Bench.Reports;
using FreeGpt4.Bench.Targets;

namespace FreeGpt4.Bench.Scenarios;

/// <summary>What each feature of a replica costs that can be turned off.</summary>
internal sealed class Features : Scenario
{
    public override string Name => "features";

    public override string Title => "What features cost a replica";

    public override IReadOnlyList<Column> Columns(BenchOptions options) =>
    [
        new("requests/s", Measure.Throughput, Statistic.Median),
        new("CPU µs/request", Measure.Cpu, Statistic.Median),
        .. options.Rates.SelectMany(rate => (Column[])
        [
            new($"ms at {rate}/s, p50", Measure.LatencyAt(rate), Statistic.Median),
            new("p99", Measure.LatencyAt(rate), Statistic.P99),
        ]),
    ];

    public override async Task RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        async Task<ServerProcess> ReplicaAsync(params (string, string)[] settings) =>
            await LlmApiTarget.StartAsync(bench, cancellationToken, settings: settings);

        var privateReplica = await ReplicaAsync(LlmApiTarget.WithoutUsage, ("PRIVATE_MODE", "true"), ("ADMIN_PASSWORD", AdminToken.Password));
        List<Target> targets =
        [
            bench.Keep(new("nothing written down", await ReplicaAsync(LlmApiTarget.WithoutUsage))),
            bench.Keep(new("usage written down", await ReplicaAsync())),
            bench.Keep(new("request log", await ReplicaAsync(LlmApiTarget.WithoutUsage, ("ENABLE_REQUEST_LOGGING", "true"), ("LOG_DIR", bench.NewFolder())))),
            bench.Keep(new Target("private mode", privateReplica) with { Headers = await AdminToken.HeadersAsync(privateReplica.Address, cancellationToken) }),
        ];

        await WarmUpAsync(bench, targets, cancellationToken);
        await InTurnsAsync(bench, targets, async target =>
        {
            await SaturateAsync(bench, target, cancellationToken);
            await AskAtRatesAsync(bench, target, cancellationToken);
        });
    }
}
