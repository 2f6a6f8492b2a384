using FreeGpt4.Bench.Reports;
using FreeGpt4.Bench.Targets;

namespace FreeGpt4.Bench.Scenarios;

/// <summary>From the start of a process to its first answer of health, and what it has in memory then.</summary>
internal sealed class Starts : Scenario
{
    public override string Name => "starts";

    public override string Title => "Start to ready";

    public override IReadOnlyList<Column> Columns(BenchOptions options) =>
    [
        new("ms", Measure.StartTime, Statistic.Median),
        new("CPU ms", Measure.StartCpu, Statistic.Median),
        new("MB idle", Measure.IdleMemory, Statistic.Median),
    ];

    public override async Task RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        var database = bench.NewFolder();
        await using (await LlmApiTarget.StartAsync(bench, cancellationToken, database))
        {
            // It makes the database.
        }

        List<(string Name, Func<Task<Target>> Start)> targets =
        [
            (YarpTarget.Name, () => YarpTarget.StartAsync(bench.Upstream, cancellationToken)),
            (LlmApiTarget.Name, async () => new(LlmApiTarget.Name, await LlmApiTarget.StartAsync(bench, cancellationToken, database))),
            ("… the first start", async () => new("", await LlmApiTarget.StartAsync(bench, cancellationToken))),
            ("FreeGpt4.Proxy", async () => new("", await ProxyTarget.StartAsync(bench, cancellationToken, bench.Upstream))),
            (PortkeyTarget.Name, () => PortkeyTarget.StartAsync(bench.Upstream, cancellationToken)),
        ];
        for (var repeat = 0; repeat < bench.Options.Repeats; repeat++)
        {
            foreach (var (name, start) in targets)
            {
                await using var target = await start();
                bench.Results.Add(name, Measure.StartTime, target.Servers[0].StartTime.TotalMilliseconds);
                if (target.ReadCpuTime() is { } cpu)
                {
                    bench.Results.Add(name, Measure.StartCpu, cpu.TotalMilliseconds);
                }

                if (target.ReadMemory() is { } memory)
                {
                    bench.Results.Add(name, Measure.IdleMemory, memory);
                }
            }
        }
    }
}
