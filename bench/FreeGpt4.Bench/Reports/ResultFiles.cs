using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using FreeGpt4.Bench.Scenarios;

namespace FreeGpt4.Bench.Reports;

/// <summary>A run as <c>&lt;scenario&gt;.json</c>, with what it was run on, and as a plot, <c>&lt;scenario&gt;.svg</c>.</summary>
internal static class ResultFiles
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static async Task WriteAsync(string folder, Results results, Scenario scenario, BenchOptions options, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var report = new
        {
            Scenario = scenario.Name,
            At = DateTimeOffset.UtcNow,
            Machine = new { Processors = Environment.ProcessorCount, System = RuntimeInformation.OSDescription, Runtime = RuntimeInformation.FrameworkDescription },
            Options = new { options.Rates, options.Seconds, options.Repeats, options.Clients, options.Streams },
            Targets = results.Targets.Select(target => new
            {
                Name = target,
                Measures = results.Measures.Select(measure => Describe(measure, results.Of(target, measure))).OfType<object>(),
            }),
        };
        await using (var file = File.Create(Path.Combine(folder, $"{scenario.Name}.json")))
        {
            await JsonSerializer.SerializeAsync(file, report, Json, cancellationToken);
        }

        ResultPlot.Save(Path.Combine(folder, $"{scenario.Name}.svg"), scenario.Columns(options), results);
    }

    private static object? Describe(Measure measure, Distribution? values) => values is null
        ? null
        : new
        {
            measure.Name,
            measure.Unit,
            values.Count,
            Median = Round(values.Median),
            P90 = Round(values.Percentile(90)),
            P99 = Round(values.Percentile(99)),
            P999 = Round(values.Percentile(99.9)),
            Max = Round(values.Max),
            Mean = Round(values.Mean),
        };

    private static double Round(double value) => Math.Round(value, 3);
}
