using System.Globalization;
using FreeGpt4.Bench;
using FreeGpt4.Bench.Reports;
using FreeGpt4.Bench.Scenarios;
using FreeGpt4.Bench.Targets;
using FreeGpt4.Bench.Upstream;

switch (args)
{
    case ["mock", var port]:
        await MockUpstream.RunAsync(int.Parse(port, CultureInfo.InvariantCulture));
        return 0;
    case ["yarp", var port, var upstream]:
        await YarpTarget.RunAsync(int.Parse(port, CultureInfo.InvariantCulture), new Uri(upstream));
        return 0;
}

if (!BenchOptions.TryRead(args, out var options, out var wrong))
{
    Console.Error.WriteLine(wrong);
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

try
{
    await using var bench = await Workbench.StartAsync(options, stop.Token);
    var scenario = Scenario.Find(options.Scenario);
    await scenario.RunAsync(bench, stop.Token);

    Console.WriteLine($"{scenario.Title}\n");
    Console.WriteLine(ResultTable.Render(bench.Results, scenario.Columns(options)));
    if (options.ResultsFolder is { } folder)
    {
        await ResultFiles.WriteAsync(folder, bench.Results, scenario, options, stop.Token);
    }

    return scenario.Judge(bench.Results) is { } failure ? Fail(failure) : 0;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 130;
}
catch (TargetException e)
{
    return Fail(e.Message);
}

static int Fail(string message)
{
    Console.Error.WriteLine(message);
    return 1;
}
