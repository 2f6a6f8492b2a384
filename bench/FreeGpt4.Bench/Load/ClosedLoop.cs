using System.Diagnostics;
using FreeGpt4.Bench.Targets;

namespace FreeGpt4.Bench.Load;

/// <summary>A fixed number of clients that ask again as soon as they have their answer: how much goes through.</summary>
internal static class ClosedLoop
{
    /// <returns>How many requests were answered, and how many in a second.</returns>
    public static async Task<(int Count, double PerSecond)> RunAsync(Target target, int clients, TimeSpan duration, CancellationToken cancellationToken)
    {
        using var client = new ChatClient(target);
        var answered = 0;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(AskAsync, cancellationToken)));
        return (answered, answered / clock.Elapsed.TotalSeconds);

        async Task AskAsync()
        {
            while (clock.Elapsed < duration)
            {
                await client.AskAsync(cancellationToken);
                Interlocked.Increment(ref answered);
            }
        }
    }
}
