namespace FreeGpt4.LlmApi.Users;

/// <summary>Who sent a request, as far as they have proved it.</summary>
/// <param name="Id"><c>null</c> for who has not said who they are.</param>
internal sealed record Caller(Guid? Id, string? Name, Role Role)
{
    public static Caller Anonymous { get; } = new(Id: null, Name: null, Role.User);

    /// <summary>In place of <c>PROVIDER</c>.</summary>
    public string? Provider { get; init; }

    /// <summary>In place of <c>MODEL</c>.</summary>
    public string? Model { get; init; }

    /// <summary>In place of <c>SYSTEM_PROMPT</c>.</summary>
    public string? SystemPrompt { get; init; }

    /// <summary>In place of <c>HISTORY</c>.</summary>
    public bool? History { get; init; }

    /// <summary>How many requests a day (UTC) may have.</summary>
    public int? DailyRequests { get; init; }

    /// <summary>How many tokens a day (UTC) may have.</summary>
    public long? DailyTokens { get; init; }

    public bool HasLimits => DailyRequests is not null || DailyTokens is not null;

    public static Caller Of(HttpContext context) => context.Features.Get<Caller>() ?? Anonymous;
}
