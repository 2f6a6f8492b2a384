namespace FreeGpt4.LlmApi.Settings;

/// <summary>A setting that was changed while the cluster ran; it goes before the environment's.</summary>
internal sealed class StoredSetting
{
    /// <summary>The name of its environment variable.</summary>
    public required string Name { get; init; }

    /// <summary>As in the environment; encrypted when it is a secret.</summary>
    public required string Value { get; set; }

    public required DateTimeOffset ChangedAt { get; set; }

    /// <summary>The name of the user who did.</summary>
    public required string ChangedBy { get; set; }
}
