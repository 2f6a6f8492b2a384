namespace FreeGpt4.LlmApi.Usage;

/// <summary>How a request ended.</summary>
internal enum Outcome
{
    /// <summary>All of the answer was sent.</summary>
    Answered,

    /// <summary>The request was at fault.</summary>
    Refused,

    /// <summary>Nobody answered.</summary>
    Failed,

    /// <summary>A stream broke off after its first content.</summary>
    BrokenOff,

    /// <summary>The caller left.</summary>
    Cancelled,
}

/// <summary>One request that was to be answered by a provider. Nothing of what was asked or answered.</summary>
internal sealed class UsageRecord
{
    public long Id { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary><c>null</c> for who did not say who they are.</summary>
    public Guid? UserId { get; init; }

    /// <summary>The route's template, such as <c>/v1/chat/completions</c>.</summary>
    public required string Route { get; init; }

    /// <summary>Who answered; empty when nobody did.</summary>
    public required string Provider { get; init; }

    public required string Model { get; init; }

    public int Fallbacks { get; init; }

    public int Status { get; init; }

    public Outcome Outcome { get; init; }

    public long PromptTokens { get; init; }

    public long CompletionTokens { get; init; }

    /// <summary>The upstream did not tell its tokens; they were estimated from lengths.</summary>
    public bool IsEstimate { get; init; }

    /// <summary>Milliseconds from the request to the first content; <c>null</c> where none came, or where all came at once.</summary>
    public int? FirstTokenMs { get; init; }

    /// <summary>Milliseconds from the request to the end of the reply.</summary>
    public int DurationMs { get; init; }

    public required string Replica { get; init; }
}

/// <summary>Totals of one day (UTC), which outlive the records they are made of.</summary>
internal sealed class UsageDay
{
    public required DateOnly Day { get; init; }

    /// <summary><see cref="Guid.Empty"/> for who did not say who they are.</summary>
    public required Guid UserId { get; init; }

    public required string Provider { get; init; }

    public required string Model { get; init; }

    public long Requests { get; set; }

    public long Failures { get; set; }

    public long PromptTokens { get; set; }

    public long CompletionTokens { get; set; }

    /// <summary>Sums of milliseconds, for averages.</summary>
    public long FirstTokenMs { get; set; }

    /// <summary>How many requests <see cref="FirstTokenMs"/> is the sum of.</summary>
    public long FirstTokens { get; set; }

    public long DurationMs { get; set; }
}
