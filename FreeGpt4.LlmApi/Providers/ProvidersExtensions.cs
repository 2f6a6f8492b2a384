using FreeGpt4.LlmApi.ModelCatalog;
using FreeGpt4.LlmApi.Providers.Configuration;
using FreeGpt4.LlmApi.Providers.Connections;
using FreeGpt4.LlmApi.Providers.Trials;
using FreeGpt4.LlmApi.Settings;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Providers;

internal static class ProvidersExtensions
{
    /// <summary>Those of <c>providers.json</c> and <c>PROVIDERS_FILE</c>, with their keys, in the order in which they are asked.</summary>
    public static IServiceCollection AddProviders(
        this IServiceCollection services, SettingsReader settings, LiveSettings live, IHostEnvironment environment)
    {
        var files = ProvidersFile.ReadAll(settings);
        return services
            .AddSingleton(files)
            .AddSingleton(live.Add(settings, reader => ProviderPlan.Read(files, reader, environment.IsDevelopment())))
            .AddSingleton(live.Add(settings, reader => ModelAliases.Read(reader, files.Aliases)))
            .AddSingleton(live.Add(settings, YouOptions.Read))
            .AddSingleton<ProviderClients>()
            .AddSingleton<ProviderRegistry>()
            .AddSingleton<ProviderTrials>()
            .AddHostedService<ProviderStart>();
    }
}
