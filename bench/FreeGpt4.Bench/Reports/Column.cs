using System.Globalization;

namespace FreeGpt4.Bench.Reports;

/// <summary>Which value of a <see cref="Distribution"/> is shown.</summary>
internal enum Statistic
{
    Median,
    P99,
    Max,
}

/// <summary>A column of the table.</summary>
/// <param name="IsAdded">What is shown is how much it is more than that of the run's first target, which shows its own value.</param>
internal sealed record Column(string Title, Measure Measure, Statistic Statistic, bool IsAdded = false)
{
    public static Column Added(string title, Measure measure, Statistic statistic) => new(title, measure, statistic, IsAdded: true);

    /// <summary>Median and p99 at each rate.</summary>
    /// <param name="median">A title with the rate as <c>{0}</c>.</param>
    public static IEnumerable<Column> Added(string median, string p99, Func<int, Measure> at, IReadOnlyList<int> rates) => rates.SelectMany(rate => (Column[])
    [
        Added(string.Format(CultureInfo.InvariantCulture, median, rate), at(rate), Statistic.Median),
        Added(p99, at(rate), Statistic.P99),
    ]);

    /// <summary><c>null</c> where it was not measured.</summary>
    public double? Value(Results results, string target)
    {
        var value = Read(results, target);
        return IsAdded && target != results.Targets[0] ? value - Read(results, results.Targets[0]) : value;
    }

    private double? Read(Results results, string target) => results.Of(target, Measure) is not { } values
        ? null
        : Statistic switch
        {
            Statistic.Median => values.Median,
            Statistic.P99 => values.Percentile(99),
            _ => values.Max,
        };
}
