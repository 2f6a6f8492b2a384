using System.Collections.Concurrent;
using System.Diagnostics;
using FreeGpt4.Bench.Targets;
using FreeGpt4.Bench.Upstream;

namespace FreeGpt4.Bench.Load;

/// <summary>Many streams at the same time, begun within a few seconds.</summary>
internal static class ManyStreams
{
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan MemoryInterval = TimeSpan.FromMilliseconds(100);

    /// <param name="Lateness">For each token after a stream's first, by how much longer than the pace it took, in milliseconds; 0 when it was not late.</param>
    /// <param name="Completed">How many streams were whole.</param>
    /// <param name="HighestMemory">Of the target meanwhile, in megabytes; <c>null</c> where nobody tells.</param>
    /// <param name="Processors">How many processors the target kept busy; <c>null</c> where nobody tells.</param>
    internal sealed record Outcome(IReadOnlyCollection<double> Lateness, int Completed, double? HighestMemory, double? Processors);

    public static async Task<Outcome> RunAsync(Target target, int count, StreamPace pace, CancellationToken cancellationToken)
    {
        using var client = new ChatClient(target);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var lateness = new ConcurrentBag<double[]>();
        var (clock, cpuBefore) = (Stopwatch.StartNew(), target.ReadCpuTime());
        var memory = WatchMemoryAsync(target, ended.Token);

        var streams = Enumerable.Range(0, count).Select(i => Task.Run(() => StreamAsync(Start * ((double)i / count)), cancellationToken));
        var completed = (await Task.WhenAll(streams)).Count(isWhole => isWhole);

        var processors = (target.ReadCpuTime() - cpuBefore) / clock.Elapsed;
        await ended.CancelAsync();
        return new([.. lateness.SelectMany(times => times)], completed, await memory, processors);

        async Task<bool> StreamAsync(TimeSpan delay)
        {
            await Task.Delay(delay, cancellationToken);
            var times = new List<double>(pace.Tokens);
            long? last = null;
            try
            {
                return await client.StreamAsync(
                    pace,
                    now =>
                    {
                        if (last is { } before)
                        {
                            times.Add(Math.Max(0, (Stopwatch.GetElapsedTime(before, now) - pace.Interval).TotalMilliseconds));
                        }

                        last = now;
                    },
                    cancellationToken);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                // Not completed, which is what is counted.
                return false;
            }
            finally
            {
                lateness.Add([.. times]);
            }
        }
    }

    private static async Task<double?> WatchMemoryAsync(Target target, CancellationToken ended)
    {
        var highest = target.ReadMemory();
        while (highest is not null && !ended.IsCancellationRequested)
        {
            highest = Math.Max(highest.Value, target.ReadMemory()!.Value);
            await Task.Delay(MemoryInterval, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return highest;
    }
}
