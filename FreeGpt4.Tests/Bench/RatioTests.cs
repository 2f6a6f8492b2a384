using System.Globalization;
using System.Text.RegularExpressions;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Bench;

/// <summary>The short form of the benchmark, on the services as they were built: it fails when a request costs a replica far more than it costs YARP.</summary>
public sealed partial class RatioTests
{
    private static readonly string Configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));

    [Fact]
    public async Task Replica_BesideYarpAlone_CostsNotManyTimesAsMuch()
    {
        var run = await ToolProcess.RunAsync(
            Path.Combine(Repository.Path, "artifacts", "bin", "FreeGpt4.Bench", Configuration, "FreeGpt4.Bench"),
            ["ratio", "--clients", "4", "--warm-up", "6000", "--seconds", "1", "--repeats", "6", "--as-built"]);

        TestContext.Current.SendDiagnosticMessage(run.Output);
        run.ExitCode.ShouldBe(0, run.Output + run.Errors);
        // A replica does more than YARP; less would mean that nothing was measured.
        double.Parse(Told().Match(run.Output).Groups[1].Value, CultureInfo.InvariantCulture).ShouldBeGreaterThan(0.8, run.Output);
    }

    [Fact]
    public async Task Option_NotKnown_IsToldInOneLine()
    {
        var run = await ToolProcess.RunAsync(
            Path.Combine(Repository.Path, "artifacts", "bin", "FreeGpt4.Bench", Configuration, "FreeGpt4.Bench"), ["ratio", "--clients", "many"]);

        run.ExitCode.ShouldBe(2);
        run.Errors.ShouldStartWith("--clients many is not allowed. Usage: [compare|");
    }

    [GeneratedRegex(@"A request costs a replica ([\d.]+) times")]
    private static partial Regex Told();
}
