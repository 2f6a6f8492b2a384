using System.Globalization;
using System.Text;

namespace FreeGpt4.Bench.Reports;

/// <summary>Results as a table in Markdown, a line for each target.</summary>
internal static class ResultTable
{
    public static string Render(Results results, IReadOnlyList<Column> columns)
    {
        var shown = columns.Where(column => results.Measures.Contains(column.Measure)).ToArray();
        var table = new StringBuilder();
        Line("", shown.Select(column => column.Title));
        Line("---", shown.Select(_ => "---"));
        foreach (var target in results.Targets)
        {
            Line(target, shown.Select(column => Format(column.Value(results, target))));
        }

        return table.ToString();

        void Line(string first, IEnumerable<string> rest) => table.Append("| ").AppendJoin(" | ", rest.Prepend(first)).AppendLine(" |");
    }

    private static string Format(double? value) => value switch
    {
        null => "–",
        > -100 and < 100 => value.Value.ToString("0.##", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("N0", CultureInfo.InvariantCulture),
    };
}
