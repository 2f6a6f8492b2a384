using System.Collections.Concurrent;
using System.Diagnostics;
using FreeGpt4.Bench.Targets;
using FreeGpt4.Bench.Upstream;

namespace FreeGpt4.Bench.Load;

/// <summary>
/// Requests at fixed times, whether or not the earlier ones have been answered; each is timed from when it was due. A target that stalls is
/// charged with all that had to wait: there is no coordinated omission
/// (<see href="https://www.scylladb.com/2021/04/22/on-coordinated-omission/"/>).
/// </summary>
internal static class OpenLoop
{
    /// <returns>For each request the time until it was answered, in milliseconds.</returns>
    public static async Task<IReadOnlyCollection<double>> AskAsync(Target target, int rate, TimeSpan duration, CancellationToken cancellationToken)
    {
        using var client = new ChatClient(target);
        var times = new ConcurrentBag<double>();
        await RunAsync(rate, duration, TimeAsync, cancellationToken);
        return times;

        async Task TimeAsync(long due)
        {
            await client.AskAsync(cancellationToken);
            times.Add(Stopwatch.GetElapsedTime(due).TotalMilliseconds);
        }
    }

    /// <returns>For each stream the time until its first token, and for each token after that by how much its distance to the one before differs from the pace; in milliseconds.</returns>
    public static async Task<(IReadOnlyCollection<double> FirstTokens, IReadOnlyCollection<double> Jitter)> StreamAsync(
        Target target, int rate, TimeSpan duration, StreamPace pace, CancellationToken cancellationToken)
    {
        using var client = new ChatClient(target);
        var (firstTokens, jitter) = (new ConcurrentBag<double>(), new ConcurrentBag<double>());
        await RunAsync(rate, duration, TimeAsync, cancellationToken);
        return (firstTokens, jitter);

        async Task TimeAsync(long due)
        {
            long? last = null;
            var isWhole = await client.StreamAsync(
                pace,
                now =>
                {
                    if (last is { } before)
                    {
                        jitter.Add(Math.Abs((Stopwatch.GetElapsedTime(before, now) - pace.Interval).TotalMilliseconds));
                    }
                    else
                    {
                        firstTokens.Add(Stopwatch.GetElapsedTime(due, now).TotalMilliseconds);
                    }

                    last = now;
                },
                cancellationToken);
            if (!isWhole)
            {
                throw new TargetException($"{target.Name} cut a stream.");
            }
        }
    }

    private static async Task RunAsync(int rate, TimeSpan duration, Func<long, Task> request, CancellationToken cancellationToken)
    {
        var count = (int)(rate * duration.TotalSeconds);
        var requests = new List<Task>(count);
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            var due = start + (long)(i * (double)Stopwatch.Frequency / rate);
            if (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due) is var early && early > TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(early, cancellationToken);
            }

            requests.Add(Task.Run(() => request(due), cancellationToken));
        }

        await Task.WhenAll(requests);
    }
}
