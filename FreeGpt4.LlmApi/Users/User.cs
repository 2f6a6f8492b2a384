namespace FreeGpt4.LlmApi.Users;

internal enum Role
{
    User,
    Admin,
}

/// <summary>Somebody who may ask, with what is theirs in place of the cluster's settings.</summary>
internal sealed class User
{
    /// <summary>Grows with time.</summary>
    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>As it was given; no two differ by case alone.</summary>
    public required string Name { get; set; }

    /// <summary><see cref="Name"/> in lower case, unique.</summary>
    public required string Key { get; set; }

    public Role Role { get; set; }

    /// <summary>By ASP.NET Core Identity's hasher; <c>null</c> for who has tokens only.</summary>
    public string? PasswordHash { get; set; }

    /// <summary>Changes with the password and when the user is disabled: older sessions end.</summary>
    public Guid SecurityStamp { get; set; } = Guid.NewGuid();

    public bool IsDisabled { get; set; }

    /// <summary>In place of <c>PROVIDER</c>.</summary>
    public string? Provider { get; set; }

    /// <summary>In place of <c>MODEL</c>.</summary>
    public string? Model { get; set; }

    /// <summary>In place of <c>SYSTEM_PROMPT</c>.</summary>
    public string? SystemPrompt { get; set; }

    /// <summary>In place of <c>HISTORY</c>: whether the questions of <c>/?text=</c> continue one conversation.</summary>
    public bool? History { get; set; }

    /// <summary>How many requests a day (UTC) may have; <c>null</c> for as many as they like.</summary>
    public int? DailyRequests { get; set; }

    /// <summary>How many tokens a day (UTC) may have, prompts and answers together.</summary>
    public long? DailyTokens { get; set; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? LastUsedAt { get; set; }

    public List<AccessToken> Tokens { get; init; } = [];
}
