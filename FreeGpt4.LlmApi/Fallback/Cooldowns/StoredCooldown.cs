using FreeGpt4.LlmApi.Providers;

namespace FreeGpt4.LlmApi.Fallback.Cooldowns;

/// <summary>A <see cref="Cooldown"/> that all replicas know.</summary>
internal sealed class StoredCooldown
{
    public required string Scope { get; init; }

    public DateTimeOffset Since { get; set; }

    public DateTimeOffset Until { get; set; }

    public int Failures { get; set; }

    public ProviderFailure Failure { get; set; }

    public required string Reason { get; set; }
}

/// <summary>One request to a provider that may be asked so and so often only, whichever replica sent it.</summary>
internal sealed class Reservation
{
    public long Id { get; init; }

    public required string Scope { get; init; }

    public required DateTimeOffset At { get; init; }
}
