namespace FreeGpt4.LlmApi.Users;

/// <summary>What a program shows to be let in. The token itself is shown once, when it is made, and kept nowhere.</summary>
internal sealed class AccessToken
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid UserId { get; init; }

    /// <summary>SHA-256 of the token, which is random and long: no slower hash is needed.</summary>
    public required byte[] Hash { get; set; }

    /// <summary>Its last characters, by which its owner knows it again.</summary>
    public required string Hint { get; set; }

    /// <summary>What it is for, in its owner's words.</summary>
    public required string Name { get; set; }

    public bool IsDisabled { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? LastUsedAt { get; set; }
}
