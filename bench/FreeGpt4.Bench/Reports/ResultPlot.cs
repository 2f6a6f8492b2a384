using ScottPlot;
using SkiaSharp;

namespace FreeGpt4.Bench.Reports;

/// <summary>The columns of the table as bars, one under the other.</summary>
internal static class ResultPlot
{
    private const int Width = 900;
    private const int RowHeight = 26;
    private const int Margins = 90;

    public static void Save(string file, IReadOnlyList<Column> all, Results results)
    {
        var columns = all.Where(column => results.Measures.Contains(column.Measure)).ToArray();
        var plots = new Multiplot();
        plots.AddPlots(columns.Length);
        foreach (var (i, column) in columns.Index())
        {
            Draw(plots.GetPlot(i), column, results);
        }

        plots.Layout = new ScottPlot.MultiplotLayouts.Grid((columns.Length + 1) / 2, 2);
        var height = (columns.Length + 1) / 2 * (Margins + (RowHeight * results.Targets.Count));
        using var stream = File.Create(file);
        using var canvas = SKSvgCanvas.Create(new SKRect(0, 0, Width, height), stream);
        canvas.Clear(SKColors.White);
        plots.Render(canvas, new PixelRect(0, Width, height, 0));
    }

    private static void Draw(Plot plot, Column column, Results results)
    {
        // Of what is added the first target has nothing.
        var targets = results.Targets.Skip(column.IsAdded ? 1 : 0).Reverse().ToArray();
        var bars = targets.Index()
            .Select(row => new Bar { Position = row.Index, Value = column.Value(results, row.Item) ?? 0, FillColor = Color.FromHex("#0f766e"), LineWidth = 0 })
            .ToArray();
        plot.Add.Bars(bars).Horizontal = true;
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericManual(
            [.. targets.Index().Select(row => new Tick(row.Index, row.Item))]);
        plot.Axes.Left.MajorTickStyle.Length = 0;
        plot.Title(Title(column), size: 13);
        plot.Axes.Margins(left: 0);
        plot.HideGrid();
    }

    // added latency at 300/s, ms (P99)
    private static string Title(Column column)
    {
        var statistic = column.Statistic is Statistic.Median ? "" : $" ({column.Statistic})";
        var unit = column.Measure.Unit is "" ? "" : $", {column.Measure.Unit}";
        return $"{(column.IsAdded ? "added " : "")}{column.Measure.Name}{unit}{statistic}";
    }
}
