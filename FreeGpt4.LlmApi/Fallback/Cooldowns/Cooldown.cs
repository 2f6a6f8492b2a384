using FreeGpt4.LlmApi.Providers;

namespace FreeGpt4.LlmApi.Fallback.Cooldowns;

/// <summary>A time in which nobody is asked.</summary>
/// <param name="Failures">How many times in a row it came to this.</param>
/// <param name="Reason">To be read after the provider's name.</param>
internal sealed record Cooldown(DateTimeOffset Since, DateTimeOffset Until, int Failures, ProviderFailure Failure, string Reason)
{
    /// <summary>As long as an upstream may ask to be left alone.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    /// <summary>What is further in the future than that was counted by a clock that was wrong, and counts no more.</summary>
    public static readonly TimeSpan ClockDifference = TimeSpan.FromSeconds(10);

    /// <summary>Whether it can have come about by now. Another one was made by a clock that was ahead, and counts no more.</summary>
    public bool CanBeAt(DateTimeOffset now) =>
        Since <= now + ClockDifference && Until <= now + Longest + ClockDifference;

    /// <summary>Whether it is over when a request succeeds.</summary>
    /// <param name="asked">When that began.</param>
    public bool IsEndedBy(DateTimeOffset asked, DateTimeOffset now) => Since <= asked || !CanBeAt(now);
}
