using FreeGpt4.Bench.Load;
using FreeGpt4.Bench.Reports;
using FreeGpt4.Bench.Targets;
using FreeGpt4.Bench.Upstream;

namespace FreeGpt4.Bench.Scenarios;

/// <summary>How many streams a replica holds, each with 20 tokens a second.</summary>
internal sealed class Streams : Scenario
{
    private static readonly StreamPace Pace = new(TimeSpan.FromMilliseconds(50), Tokens: 200, TimeSpan.FromMilliseconds(50));

    public override string Name => "streams";

    public override string Title => "Many streams at the same time, 20 tokens/s each for ten seconds";

    public override IReadOnlyList<Column> Columns(BenchOptions options) =>
    [
        .. options.Streams.SelectMany(count => (Column[])
        [
            new($"{count}: completed", Measure.CompletedOf(count), Statistic.Median),
            new("ms late, p99", Measure.LatenessOf(count), Statistic.P99),
            new("ms late at most", Measure.LatenessOf(count), Statistic.Max),
            new("MB", Measure.MemoryOf(count), Statistic.Max),
            new("processors", Measure.CpuOf(count), Statistic.Median),
        ]),
    ];

    public override async Task RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        List<Target> targets =
        [
            Target.Direct(bench.Upstream),
            bench.Keep(await YarpTarget.StartAsync(bench.Upstream, cancellationToken)),
            bench.Keep(new(
                LlmApiTarget.Name,
                await LlmApiTarget.StartAsync(bench, cancellationToken, settings: [LlmApiTarget.WithoutUsage, LlmApiTarget.As512Megabytes]))),
            bench.Keep(await PortkeyTarget.StartAsync(bench.Upstream, cancellationToken)),
        ];

        await WarmUpAsync(bench, targets, cancellationToken);
        foreach (var count in bench.Options.Streams)
        {
            await InTurnsAsync(bench, targets, async target =>
            {
                var outcome = await ManyStreams.RunAsync(target, count, Pace, cancellationToken);
                bench.Results.Add(target.Name, Measure.LatenessOf(count), outcome.Lateness);
                bench.Results.Add(target.Name, Measure.CompletedOf(count), outcome.Completed);
                if (outcome is { HighestMemory: { } memory, Processors: { } processors })
                {
                    bench.Results.Add(target.Name, Measure.MemoryOf(count), memory);
                    bench.Results.Add(target.Name, Measure.CpuOf(count), processors);
                }
            });
        }
    }
}
