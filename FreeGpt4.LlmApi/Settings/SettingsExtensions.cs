using FreeGpt4.LlmApi.State;

namespace FreeGpt4.LlmApi.Settings;

internal static class SettingsExtensions
{
    /// <summary>
    /// Puts what is stored above the environment. Until the database was read nothing is. Call it before anything reads a setting, and give
    /// the result to whoever wants to hear of changes.
    /// </summary>
    public static LiveSettings AddLiveSettings(this WebApplicationBuilder builder)
    {
        var source = new StoredSettingsSource();
        builder.Configuration.Sources.Add(source);
        var live = new LiveSettings(builder.Configuration);
        builder.Services
            .AddSingleton(source)
            .AddSingleton(live)
            .AddSingleton<SettingsCatalogue>()
            .AddSingleton<StoredSettings>()
            .AddHostedService<Listener>();
        return live;
    }

    // Made with the other hosted services, before the first of them reads the database.
    private sealed class Listener : IHostedService
    {
        public Listener(ChangeFeed changes, StoredSettings settings) => changes.Listen(StoredSettings.Topic, settings.ReadAsync);

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
