namespace Aspire.Hosting.Dcp;

/// <summary>Waits for what gives no signal of its own: files of DCP's, and processes that are not our children.</summary>
internal static class Poll
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    /// <returns>Whether the condition came true before the token was cancelled.</returns>
    public static async Task<bool> UntilAsync(Func<bool> condition, TimeProvider time, CancellationToken limit)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (!condition())
        {
            try
            {
                await timer.WaitForNextTickAsync(limit);
            }
            catch (OperationCanceledException)
            {
                return condition();
            }
        }

        return true;
    }
}
