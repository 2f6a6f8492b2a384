using System.Globalization;
using FreeGpt4.Bench.Load;
using FreeGpt4.Bench.Targets;

namespace FreeGpt4.Bench;

internal static class Report
{
    /// <summary>One line a target, and what it has more than the direct call.</summary>
    public static void Print(IReadOnlyDictionary<Target, TargetResults> results, BenchOptions options)
    {
        var direct = results.First();
        Line(
            $"| target | requests/s with {options.Clients} clients | of {direct.Key.Name} | CPU (µs/request) | p50, p99 at {options.Rate}/s (ms) | added | first token p50, p99 (ms) | added |");
        Line($"|---|---|---|---|---|---|---|---|");
        foreach (var (target, measured) in results)
        {
            var (throughput, all) = (Median(measured.RequestsPerSecond), Median(direct.Value.RequestsPerSecond));
            Line(
                $"| {target.Name} | {throughput:F0} | {throughput / all:P0} | {Cpu(measured)} | {Both(measured.Latencies)} | {Added(measured.Latencies, direct.Value.Latencies)} | {Both(measured.FirstTokens)} | {Added(measured.FirstTokens, direct.Value.FirstTokens)} |");
        }
    }

    private static string Cpu(TargetResults measured) => measured.CpuOfRequest is [] ? "" : Text($"{Median(measured.CpuOfRequest):F0}");

    private static string Both(List<double> times) => Text($"{Percentile(times, 0.5):F2}, {Percentile(times, 0.99):F2}");

    private static string Added(List<double> times, List<double> direct) =>
        Text($"{Percentile(times, 0.5) - Percentile(direct, 0.5):F2}, {Percentile(times, 0.99) - Percentile(direct, 0.99):F2}");

    private static double Median(List<double> values) => Percentile(values, 0.5);

    private static double Percentile(List<double> values, double part)
    {
        var sorted = values.Order().ToArray();
        return sorted[(int)Math.Min(sorted.Length - 1, Math.Floor(part * sorted.Length))];
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static void Line(FormattableString line) => Console.WriteLine(Text(line));
}
