using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Settings;

/// <summary>Everything that has to be read again when a setting changes.</summary>
/// <param name="configuration">The environment, and above it what is stored.</param>
internal sealed class LiveSettings(IConfiguration configuration)
{
    private readonly List<(Action<SettingsReader> Try, Action<SettingsReader> Reload)> _parts = [];

    public Live<T> Add<T>(SettingsReader settings, Func<SettingsReader, T> read) where T : class
    {
        var live = new Live<T>(settings, read);
        _parts.Add((live.Try, live.Reload));
        return live;
    }

    /// <summary>Whether stored settings could be in force.</summary>
    /// <param name="environment">What is below them.</param>
    /// <returns>A line for each that cannot be.</returns>
    public IReadOnlyList<string> Check(IConfiguration environment, IReadOnlyDictionary<string, string?> stored)
    {
        var reader = new SettingsReader(new ConfigurationBuilder()
            .AddConfiguration(environment)
            .AddInMemoryCollection(stored.Where(setting => setting.Value is not null))
            .Build());
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
