using System.Text.Json;
using System.Text.Json.Serialization;
using FreeGpt4.LlmApi.Providers.Connections;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Settings;

/// <summary>All settings that can be stored, as <c>GET /api/settings</c> shows them. No secret is in it.</summary>
internal sealed record SettingsReply(IReadOnlyList<SettingView> Settings)
{
    public static SettingsReply Of(SettingsCatalogue catalogue, StoredState stored, LiveSettings live)
    {
        var unknown = stored.Rows
            .Where(row => catalogue.Find(row.Name) is null)
            .Select(row => new SettingDefinition(
                row.Name, SettingsCatalogue.IsSecret(row.Name) ? SettingKind.Secret : SettingKind.Text, "null, which takes it away"));
        return new([.. catalogue.All.Concat(unknown).Select(setting => View(setting, stored, live))]);
    }

    private static SettingView View(SettingDefinition setting, StoredState stored, LiveSettings live)
    {
        var row = stored.Find(setting.Name);
        var ofEnvironment = live.Environment(setting.Name) is { Length: > 0 } set ? set : null;
        var (value, source) = stored.Values.TryGetValue(setting.Name, out var storedValue)
            ? (storedValue, SettingSource.Stored)
            : (ofEnvironment, ofEnvironment is null ? SettingSource.Default : SettingSource.Environment);

        // What is empty has its default, wherever it comes from.
        var inForce = value is { Length: > 0 } ? value : setting.Default;
        return new(setting.Name, setting.Kind, setting.IsSecret ? null : inForce, setting.IsSecret ? null : setting.Default, source, setting.Allowed)
        {
            Choices = setting.Choices,
            Provider = setting.Provider,
            Secret = setting.IsSecret ? SecretView.Of(setting.Name, inForce) : null,
            Environment = setting.IsSecret ? null : ofEnvironment,
            IsStored = row is not null,
            ChangedAt = row?.ChangedAt,
            ChangedBy = row?.ChangedBy,
            Problem = stored.Problems.GetValueOrDefault(setting.Name),
        };
    }
}

/// <summary>Where the value that is in force comes from.</summary>
internal enum SettingSource
{
    Default,
    Environment,
    Stored,
}

/// <remarks>There are hundreds of them: what a setting has not is left out.</remarks>
/// <param name="Value">What is in force; <c>null</c> when nothing is, and of a secret.</param>
/// <param name="Allowed">To be read after "allowed is".</param>
internal sealed record SettingView(string Name, SettingKind Kind, string? Value, string? Default, SettingSource Source, string Allowed)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Choices { get; init; }

    /// <summary>Whose it is, when it is a provider's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Provider { get; init; }

    /// <summary>What may be known of a secret.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SecretView? Secret { get; init; }

    /// <summary>What the environment has, whether it is in force or not; <c>null</c> of a secret.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Environment { get; init; }

    public bool IsStored { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ChangedAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ChangedBy { get; init; }

    /// <summary>Why what is stored is not in force, to be read after the name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Problem { get; init; }
}

/// <param name="Count">How many keys it is.</param>
/// <param name="Hints">The end of each, by which its owner knows it again.</param>
internal sealed record SecretView(bool IsSet, int Count, IReadOnlyList<string> Hints)
{
    private const int LongestHint = 4;

    // Of a short one more would be too much.
    private const int ShortestHinted = 12;

    /// <summary>How a key ends, as far as it may be known.</summary>
    public static string HintOf(string text) => text.Length < ShortestHinted ? "…" : $"…{text.AsSpan(text.Length - LongestHint)}";

    public static SecretView Of(string name, string? value)
    {
        var reader = new SettingsReader(asked => asked == name ? value : null);
        var texts = name == OutgoingProxies.Setting ? [.. OutgoingProxies.Read(reader).Hosts] : reader.List(name);
        return new(texts.Count > 0, texts.Count, [.. texts.Select(HintOf)]);
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, Converters = [typeof(KindNames), typeof(SourceNames)])]
[JsonSerializable(typeof(SettingsReply))]
internal sealed partial class SettingsJsonContext : JsonSerializerContext
{
    private sealed class KindNames() : JsonStringEnumConverter<SettingKind>(JsonNamingPolicy.CamelCase);

    private sealed class SourceNames() : JsonStringEnumConverter<SettingSource>(JsonNamingPolicy.CamelCase);
}
