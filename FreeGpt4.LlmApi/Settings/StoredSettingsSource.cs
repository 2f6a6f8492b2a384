namespace FreeGpt4.LlmApi.Settings;

/// <summary>Stored settings as configuration, above the environment: whoever reads a setting need not know where it comes from.</summary>
internal sealed class StoredSettingsSource : ConfigurationProvider, IConfigurationSource
{
    /// <summary>As they were last read from the database, secrets in clear.</summary>
    public IReadOnlyDictionary<string, string?> Values => Data.AsReadOnly();

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    public void Replace(IReadOnlyDictionary<string, string?> values)
    {
        Data = new Dictionary<string, string?>(values, StringComparer.OrdinalIgnoreCase);
        OnReload();
    }
}
