using System.Diagnostics;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>Waits for something that is true sooner or later in another process.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    public static Task IsTrue(Func<bool> condition, TimeSpan limit, string what, CancellationToken cancellationToken)
        => IsTrue(() => Task.FromResult(condition()), limit, what, cancellationToken);

    /// <exception cref="TimeoutException">It did not become true within the limit.</exception>
    public static async Task IsTrue(Func<Task<bool>> condition, TimeSpan limit, string what, CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(Interval);
        while (!await condition())
        {
            if (waited.Elapsed > limit)
            {
                throw new TimeoutException($"Not within {limit.TotalSeconds} s: {what}.");
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }
}
