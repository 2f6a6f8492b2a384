using FreeGpt4.LlmApi.Providers;

namespace FreeGpt4.LlmApi.Fallback.Cooldowns;

/// <summary>A time in which nobody is asked.</summary>
/// <param name="Failures">How many times in a row it came to this.</param>
/// <param name="Reason">To be read after the provider's name.</param>
internal sealed record Cooldown(DateTimeOffset Since, DateTimeOffset Until, int Failures, ProviderFailure Failure, string Reason);
