namespace FreeGpt4.LlmApi.Settings;

/// <summary>Stored settings as configuration, above the environment: whoever reads a setting need not know where it comes from.</summary>
internal sealed class StoredSettingsSource : ConfigurationProvider, IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    /// <summary>Tells nobody: <see cref="LiveSettings"/> reads anew.</summary>
    /// <param name="values">Secrets in clear.</param>
    public void Replace(IReadOnlyDictionary<string, string> values) =>
        Data = values.ToDictionary(setting => setting.Key, string? (setting) => setting.Value, StringComparer.OrdinalIgnoreCase);
}
