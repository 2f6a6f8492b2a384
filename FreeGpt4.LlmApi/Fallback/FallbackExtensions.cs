using FreeGpt4.LlmApi.Fallback.Cooldowns;
using FreeGpt4.LlmApi.Settings;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Fallback;

internal static class FallbackExtensions
{
    public static IServiceCollection AddFallback(this IServiceCollection services, SettingsReader settings, LiveSettings live) => services
        .AddSingleton(live.Add(settings, FallbackOptions.Read))
        .AddSingleton<InProcessCooldownStore>()
        .AddSingleton<SharedReservations>()
        .AddSingleton<SharedCooldownStore>()
        .AddSingleton<ICooldownStore>(provided => provided.GetRequiredService<SharedCooldownStore>())
        .AddHostedService<CooldownWriter>()
        .AddSingleton<ProviderHealth>()
        .AddSingleton<FallbackChain>()
        .AddHostedService<FreshStart>();
}

/// <param name="Timeout">What all providers together have until an answer begins. Less than the edge waits.</param>
internal sealed record FallbackOptions(TimeSpan Timeout)
{
    public static FallbackOptions Read(SettingsReader settings) => new(
        settings.Duration("FALLBACK_TIMEOUT", TimeSpan.FromMinutes(9), TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)));
}
