using System.Diagnostics;
using FreeGpt4.Bench.Targets;

namespace FreeGpt4.Bench.Load;

/// <summary>A fixed number of clients that ask again as soon as they have their answer: how much goes through.</summary>
internal static class ClosedLoop
{
    /// <returns>How many requests were answered, and how many in a second.</returns>
    public static async Task<(int Count, double PerSecond)> RunAsync(Target target, int clients, TimeSpan duration, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var count = await RunAsync(target, clients, _ => clock.Elapsed < duration, cancellationToken);
        return (count, count / clock.Elapsed.TotalSeconds);
    }

    public static Task RunAsync(Target target, int clients, int requests, CancellationToken cancellationToken) =>
        RunAsync(target, clients, answered => answered < requests, cancellationToken);

    /// <param name="wantsMore">Whether to go on after so many answers.</param>
    private static async Task<int> RunAsync(Target target, int clients, Func<int, bool> wantsMore, CancellationToken cancellationToken)
    {
        using var client = new ChatClient(target);
        var answered = 0;
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(AskAsync, cancellationToken)));
        return answered;

        async Task AskAsync()
        {
            while (wantsMore(Volatile.Read(ref answered)))
            {
                await client.AskAsync(cancellationToken);
                Interlocked.Increment(ref answered);
            }
        }
    }
}
