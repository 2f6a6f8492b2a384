using FreeGpt4.LlmApi.ModelCatalog;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Providers.Configuration;

/// <summary>Who is asked, and in which order, when a request names nobody.</summary>
internal static class ProviderOrder
{
    private const string DefaultProvider = "You";

    /// <summary>
    /// <c>PROVIDER</c> first. Then those of <c>FALLBACK_PROVIDERS</c>; without it all that can be asked, group by group, and the demo only
    /// where nobody would take a made-up answer for a real one.
    /// </summary>
    /// <returns>Names of usable providers.</returns>
    public static IReadOnlyList<string> Read(SettingsReader settings, ProviderSettings providers, bool isDevelopment)
    {
        var preferred = settings.Text("PROVIDER");
        var byHand = settings.List("FALLBACK_PROVIDERS");
        List<string> named = [.. preferred is null || ModelAliases.IsAuto(preferred) ? [] : new[] { preferred }, .. byHand];
        Check("PROVIDER", preferred is null || ModelAliases.IsAuto(preferred) ? [] : [preferred]);
        Check("FALLBACK_PROVIDERS", byHand);

        IEnumerable<string> order = byHand is [_, ..] ? named : [
            .. named is [] && preferred is null ? [DefaultProvider] : named,
            .. providers.Usable
                .Where(provider => !provider.OnlyWhenNamed && (isDevelopment || provider.Group is not ProviderGroup.Demo))
                .OrderBy(provider => provider.Group)
                .Select(provider => provider.Name),
        ];
        return
        [
            .. order
                .Select(name => providers.Usable.FirstOrDefault(provider => provider.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Name)
                .OfType<string>()
                .Distinct(),
        ];

        void Check(string setting, IReadOnlyList<string> names)
        {
            foreach (var unknown in names.Where(name => !providers.Names.Contains(name, StringComparer.OrdinalIgnoreCase)))
            {
                settings.Refuse($"{setting} is \"{unknown}\"; allowed is {string.Join(", ", providers.Names.Order(StringComparer.OrdinalIgnoreCase))}.");
            }
        }
    }
}
