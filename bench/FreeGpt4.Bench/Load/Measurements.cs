using System.Collections.Concurrent;
using System.Diagnostics;
using FreeGpt4.Bench.Targets;

namespace FreeGpt4.Bench.Load;

/// <summary>What was measured of one target, over all repeats. Times in milliseconds.</summary>
internal sealed class TargetResults
{
    public List<double> RequestsPerSecond { get; } = [];

    /// <summary>Microseconds of the target's own processor time for each request of <see cref="RequestsPerSecond"/>; empty where nobody tells.</summary>
    public List<double> CpuOfRequest { get; } = [];

    public List<double> Latencies { get; } = [];

    public List<double> FirstTokens { get; } = [];
}

internal static class Measurements
{
    private const int StreamsPerSecond = 20;

    public static async Task WarmUpAsync(Target target, BenchOptions options, CancellationToken cancellationToken)
    {
        // The compiler has gone over what is hot by then.
        await SaturateAsync(target, options with { Seconds = 8 }, cancellationToken);
        await OpenLoopAsync(target, StreamsPerSecond, seconds: 1, isStream: true, cancellationToken);
    }

    public static async Task AddAsync(TargetResults results, Target target, BenchOptions options, CancellationToken cancellationToken)
    {
        var before = target.Server?.ReadCpuTime();
        var answered = await SaturateAsync(target, options, cancellationToken);
        results.RequestsPerSecond.Add(answered.PerSecond);
        if (target.Server?.ReadCpuTime() - before is { } used)
        {
            results.CpuOfRequest.Add(used.TotalMicroseconds / answered.Count);
        }

        results.Latencies.AddRange(await OpenLoopAsync(target, options.Rate, options.Seconds, isStream: false, cancellationToken));
        results.FirstTokens.AddRange(await OpenLoopAsync(target, StreamsPerSecond, options.Seconds, isStream: true, cancellationToken));
    }

    /// <summary>A fixed number of clients that ask again as soon as they have their answer.</summary>
    private static async Task<(int Count, double PerSecond)> SaturateAsync(Target target, BenchOptions options, CancellationToken cancellationToken)
    {
        using var client = new ChatClient(target.Address);
        var answered = 0;
        var clock = Stopwatch.StartNew();
        var end = TimeSpan.FromSeconds(options.Seconds);
        await Task.WhenAll(Enumerable.Range(0, options.Clients).Select(_ => Task.Run(
            async () =>
            {
                while (clock.Elapsed < end)
                {
                    await client.AskAsync(cancellationToken);
                    Interlocked.Increment(ref answered);
                }
            },
            cancellationToken)));
        return (answered, answered / clock.Elapsed.TotalSeconds);
    }

    /// <summary>
    /// Requests at fixed times, whether or not the earlier ones have been answered; each is timed from when it was due. A target that
    /// stalls is charged with all that had to wait (no coordinated omission).
    /// </summary>
    private static async Task<IReadOnlyCollection<double>> OpenLoopAsync(
        Target target, int rate, int seconds, bool isStream, CancellationToken cancellationToken)
    {
        using var client = new ChatClient(target.Address);
        var times = new ConcurrentBag<double>();
        var requests = new List<Task>(rate * seconds);
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < rate * seconds; i++)
        {
            var due = start + (long)(i * (double)Stopwatch.Frequency / rate);
            var early = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (early > TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(early, cancellationToken);
            }

            requests.Add(Task.Run(() => TimeAsync(due), cancellationToken));
        }

        await Task.WhenAll(requests);
        return times;

        async Task TimeAsync(long due)
        {
            if (isStream)
            {
                times.Add(Stopwatch.GetElapsedTime(due, await client.StreamAsync(cancellationToken)).TotalMilliseconds);
            }
            else
            {
                await client.AskAsync(cancellationToken);
                times.Add(Stopwatch.GetElapsedTime(due).TotalMilliseconds);
            }
        }
    }
}
