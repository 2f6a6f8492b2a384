using System.Globalization;
using FreeGpt4.Bench.Reports;
using FreeGpt4.Bench.Targets;

namespace FreeGpt4.Bench.Scenarios;

/// <summary>The short form that can fail: a replica beside YARP alone, by the processor time of a request. Of the repeats the least counts, in which other work on the machine disturbed least.</summary>
internal sealed class Ratio : Scenario
{
    /// <summary>Between 1.6 and 2.9 were measured, the higher the more else the machine had to do.</summary>
    private const double Most = 4;

    public override string Name => "ratio";

    public override string Title => "A replica beside YARP alone";

    public override IReadOnlyList<Column> Columns(BenchOptions options) =>
    [
        new("requests/s", Measure.Throughput, Statistic.Median),
        new("CPU µs/request", Measure.Cpu, Statistic.Median),
    ];

    public override async Task RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        List<Target> targets =
        [
            bench.Keep(await YarpTarget.StartAsync(bench.Upstream, cancellationToken)),
            bench.Keep(new(
                LlmApiTarget.Name,
                await LlmApiTarget.StartAsync(bench, cancellationToken, settings: LlmApiTarget.WithoutUsage))),
        ];
        await WarmUpAsync(bench, targets, cancellationToken);
        await InTurnsAsync(bench, targets, target => SaturateAsync(bench, target, cancellationToken));
    }

    public override string? Judge(Results results)
    {
        if (results.Of(LlmApiTarget.Name, Measure.Cpu) is not { } ours || results.Of(YarpTarget.Name, Measure.Cpu) is not { } yarps)
        {
            return "This system does not tell the processor time of processes.";
        }

        var ratio = ours.Min / yarps.Min;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"A request costs a replica {ratio:F2} times the processor time that it costs YARP alone; allowed is {Most:F2}."));
        return ratio > Most ? "A replica has become too slow." : null;
    }
}
