namespace FreeGpt4.LlmApi.Usage;

/// <param name="IsEnabled"><c>ENABLE_USAGE_LOGGING</c>. Requests of users with daily limits are written down all the same, for those limits.</param>
/// <param name="LongestQueue">How many requests may wait to be written down. The next ones are counted as dropped.</param>
/// <param name="Interval">How often they are.</param>
internal sealed record UsageOptions(bool IsEnabled, int LongestQueue, TimeSpan Interval)
{
    // At 50 requests a second the database may be gone for six minutes; all together they take a few megabytes.
    public static UsageOptions Default { get; } = new(IsEnabled: true, LongestQueue: 20_000, TimeSpan.FromSeconds(1));
}
