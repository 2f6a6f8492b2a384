using FreeGpt4.Bench;
using FreeGpt4.Bench.Load;
using FreeGpt4.Bench.Targets;

if (args is ["mock", var mockPort])
{
    await MockReplica.RunAsync(int.Parse(mockPort, System.Globalization.CultureInfo.InvariantCulture));
    return 0;
}

if (!BenchOptions.TryRead(args, out var options, out var wrong))
{
    Console.Error.WriteLine(wrong);
    return 1;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

await using var mock = await ServerProcess.StartAsync(MockReplica.Start, "/health", stop.Token);
await using var scenario = await Scenario.StartAsync(options, mock.Address, stop.Token);
var results = scenario.Targets.ToDictionary(target => target, _ => new TargetResults());
foreach (var target in scenario.Targets)
{
    await Measurements.WarmUpAsync(target, options, stop.Token);
}

// A, B, C, A, B, C: what else the machine does meanwhile falls on all of them.
for (var repeat = 0; repeat < options.Repeats; repeat++)
{
    foreach (var target in scenario.Targets)
    {
        await Measurements.AddAsync(results[target], target, options, stop.Token);
    }
}

Report.Print(results, options);
return 0;
