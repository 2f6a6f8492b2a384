using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Settings;

/// <summary>Everything that has to be read again when a setting changes.</summary>
/// <param name="configuration">The environment, and above it what is stored.</param>
internal sealed class LiveSettings(IConfigurationRoot configuration)
{
    private readonly List<(Action<SettingsReader> Try, Action<SettingsReader> Reload)> _parts = [];

    public Live<T> Add<T>(SettingsReader settings, Func<SettingsReader, T> read) where T : class
    {
        var live = new Live<T>(settings, read);
        _parts.Add((live.Try, live.Reload));
        return live;
    }

    /// <summary>A setting as it would be if nothing were stored.</summary>
    public string? Environment(string name)
    {
        foreach (var provider in configuration.Providers.Reverse())
        {
            if (provider is not StoredSettingsSource && provider.TryGet(name, out var value))
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>Whether stored settings could be in force, above the environment.</summary>
    /// <returns>A line for each that cannot be; it begins with the name.</returns>
    public IReadOnlyList<string> Check(IReadOnlyDictionary<string, string> stored)
    {
        var reader = new SettingsReader(name => stored.TryGetValue(name, out var value) ? value : Environment(name));
        foreach (var (attempt, _) in _parts)
        {
            attempt(reader);
        }

        return reader.Failures;
    }

    /// <summary>Puts in force what is now in the configuration. Where something is wrong, what was stays.</summary>
    /// <returns>A line for each setting that is wrong.</returns>
    public IReadOnlyList<string> Reload()
    {
        var failures = new List<string>();
        foreach (var (_, reload) in _parts)
        {
            var reader = new SettingsReader(configuration);
            reload(reader);
            failures.AddRange(reader.Failures);
        }

        return [.. failures.Distinct()];
    }
}
