using FreeGpt4.Bench.Load;
using FreeGpt4.Bench.Reports;
using FreeGpt4.Bench.Targets;

namespace FreeGpt4.Bench.Scenarios;

/// <summary>What is compared in one run.</summary>
internal abstract class Scenario
{
    private static readonly Scenario[] All = [new Comparison(), new Streams(), new Starts(), new Features(), new Replicas(), new Ratio()];

    public static IReadOnlyList<string> Names { get; } = [.. All.Select(scenario => scenario.Name)];

    public abstract string Name { get; }

    /// <summary>The heading of its table.</summary>
    public abstract string Title { get; }

    /// <summary>Of its table; what no target has is left out.</summary>
    public abstract IReadOnlyList<Column> Columns(BenchOptions options);

    public static Scenario Find(string name) => All.Single(scenario => scenario.Name == name);

    /// <summary>Starts targets and measures them, each in its turn, so that what else the machine does falls on all of them.</summary>
    public abstract Task RunAsync(Workbench bench, CancellationToken cancellationToken);

    /// <summary>Why the results fail the run; <c>null</c> when they do not.</summary>
    public virtual string? Judge(Results results) => null;

    protected static async Task WarmUpAsync(Workbench bench, IEnumerable<Target> targets, CancellationToken cancellationToken)
    {
        foreach (var target in targets)
        {
            bench.Results.Add(target.Name);
            if (target.ReadMemory() is { } memory)
            {
                bench.Results.Add(target.Name, Measure.IdleMemory, memory);
            }

            await ClosedLoop.RunAsync(target, bench.Options.Clients, bench.Options.WarmUp, cancellationToken);
        }
    }

    /// <summary>A, B, A, B, so that what else the machine does falls on all of them.</summary>
    protected static async Task InTurnsAsync(Workbench bench, IReadOnlyList<Target> targets, Func<Target, Task> measure)
    {
        for (var repeat = 0; repeat < bench.Options.Repeats; repeat++)
        {
            foreach (var target in targets)
            {
                await measure(target);
            }
        }
    }

    protected static async Task SaturateAsync(Workbench bench, Target target, CancellationToken cancellationToken)
    {
        var before = target.ReadCpuTime();
        var (count, perSecond) = await ClosedLoop.RunAsync(target, bench.Options.Clients, TimeSpan.FromSeconds(bench.Options.Seconds), cancellationToken);
        bench.Results.Add(target.Name, Measure.Throughput, perSecond);
        if (target.ReadCpuTime() - before is { } used)
        {
            bench.Results.Add(target.Name, Measure.Cpu, used.TotalMicroseconds / count);
        }

        if (target.ReadMemory() is { } memory)
        {
            bench.Results.Add(target.Name, Measure.BusyMemory, memory);
        }
    }

    /// <summary>The time that single requests take at a rate, unless it is near what goes through at all.</summary>
    protected static async Task AskAtRatesAsync(Workbench bench, Target target, CancellationToken cancellationToken)
    {
        const double most = 0.7;
        var throughput = bench.Results.Of(target.Name, Measure.Throughput)!.Median;
        foreach (var rate in bench.Options.Rates.Where(rate => rate < most * throughput))
        {
            bench.Results.Add(
                target.Name,
                Measure.LatencyAt(rate),
                await OpenLoop.AskAsync(target, rate, TimeSpan.FromSeconds(bench.Options.Seconds), cancellationToken));
        }
    }
}
