using FreeGpt4.LlmApi.Providers.Connections;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Providers.Configuration;

/// <summary>All that the settings say about providers.</summary>
/// <param name="Order">The names of those who are asked when a request names nobody.</param>
/// <param name="ByHand">The names in <c>FALLBACK_PROVIDERS</c>.</param>
internal sealed record ProviderPlan(
    ProviderSettings Providers, IReadOnlyList<string> Order, IReadOnlyList<string> ByHand, OutgoingProxies Proxies)
{
    public static ProviderPlan Nobody { get; } = new(new([], []), [], [], OutgoingProxies.None);

    public static ProviderPlan Read(ProvidersFile files, SettingsReader settings, bool isDevelopment)
    {
        var providers = ProviderSettings.Read(files, settings);
        return new(
            providers,
            ProviderOrder.Read(settings, providers, isDevelopment),
            settings.List("FALLBACK_PROVIDERS"),
            OutgoingProxies.Read(settings));
    }
}
