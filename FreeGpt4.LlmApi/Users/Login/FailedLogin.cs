namespace FreeGpt4.LlmApi.Users.Login;

/// <summary>Passwords that were wrong, for a name, whether anybody has it or not: who guesses learns nothing from being locked out.</summary>
internal sealed class FailedLogin
{
    /// <summary>SHA-256 of the name in lower case: people type passwords where names belong.</summary>
    public required string Key { get; init; }

    /// <summary>In a row; an attempt counts before its password is looked at.</summary>
    public int Count { get; set; }

    /// <summary>Until when no password is tried.</summary>
    public DateTimeOffset? LockedUntil { get; set; }

    public DateTimeOffset LastAt { get; set; }
}
