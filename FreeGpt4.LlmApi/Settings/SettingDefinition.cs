namespace FreeGpt4.LlmApi.Settings;

internal enum SettingKind
{
    Text,

    /// <summary>Text of more than one line.</summary>
    LongText,

    Flag,

    /// <summary>One of <see cref="SettingDefinition.Choices"/>.</summary>
    Choice,

    /// <summary>Values separated by commas; of <see cref="SettingDefinition.Choices"/>, where there are any.</summary>
    List,

    Time,

    Number,

    Address,

    /// <summary>Encrypted where it is stored, and never shown.</summary>
    Secret,
}

/// <summary>A setting that can be changed while the cluster runs.</summary>
/// <param name="Name">The name of its environment variable.</param>
/// <param name="Allowed">For a person, to be read after "allowed is".</param>
/// <param name="Default">As one would write it; of a secret, never to be shown.</param>
internal sealed record SettingDefinition(string Name, SettingKind Kind, string Allowed, string? Default = null)
{
    public IReadOnlyList<string>? Choices { get; init; }

    /// <summary>Whose it is, when it is a provider's.</summary>
    public string? Provider { get; init; }

    public bool IsSecret => Kind is SettingKind.Secret;
}
