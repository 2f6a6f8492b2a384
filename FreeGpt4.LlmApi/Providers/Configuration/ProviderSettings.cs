using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Providers.Configuration;

/// <summary>The providers of the files, with what the settings add: keys, addresses, models.</summary>
internal sealed record ProviderSettings(IReadOnlyList<ProviderOptions> Usable, IReadOnlyList<UnusedProvider> Unused)
{
    private const int MostRequests = 1_000_000;

    public IEnumerable<string> Names => Usable.Select(provider => provider.Name).Concat(Unused.Select(provider => provider.Name));

    public static ProviderSettings Read(ProvidersFile files, SettingsReader settings)
    {
        var usable = new List<ProviderOptions>();
        var unused = new List<UnusedProvider>();
        foreach (var definition in files.Providers)
        {
            var (options, missing) = Resolve(definition, settings);
            if (missing is null)
            {
                usable.Add(options!);
            }
            else
            {
                unused.Add(new(definition.Name, missing) { Operations = definition.Operations ?? Operation.All });
            }
        }

        return new(usable, unused);
    }

    /// <returns>The options, or what they lack.</returns>
    public static (ProviderOptions? Options, MissingSetting? Missing) Resolve(ProviderDefinition definition, SettingsReader settings)
    {
        var prefix = definition.SettingPrefix;
        var keys = Keys(definition, prefix, settings);
        var models = settings.List($"{prefix}_MODELS");
        var (address, missing) = Address(definition, prefix, settings);
        var isKeyless = definition.Keyless is true && keys.Count == 0;
        var options = new ProviderOptions
        {
            Name = definition.Name,
            SettingPrefix = prefix,
            Adapter = definition.Adapter ?? ProviderAdapter.OpenAI,
            BaseUrl = address,
            Keys = keys,
            FixedKey = definition is { Auth: ProviderAuth.Fixed, FixedKey: { } key } ? new(key) : null,
            Models = models is [] ? definition.Models ?? [] : models,
            RestrictsModels = models is not [] || definition.RestrictsModels || definition.Adapter is ProviderAdapter.You or ProviderAdapter.Demo,
            ModelsPath = definition.ModelsPath ?? "models",
            Operations = definition.Operations ?? Operation.All,
            Group = definition switch
            {
                { Adapter: ProviderAdapter.Demo } => ProviderGroup.Demo,
                { Local: true } => ProviderGroup.Local,
                _ => isKeyless ? ProviderGroup.Keyless : ProviderGroup.Configured,
            },
            OnlyWhenNamed = definition.OnlyWhenNamed is true,
            Limits = isKeyless ? Limits(definition, prefix, settings) : keys.Count == 0 ? definition.Limits : null,
            Quirks = definition.Quirks ?? ProviderQuirks.None,
            ConnectTimeout = Timeout("CONNECT", definition.ConnectTimeout ?? TimeSpan.FromSeconds(10)),
            FirstTokenTimeout = Timeout("FIRST_TOKEN", definition.FirstTokenTimeout ?? TimeSpan.FromSeconds(120)),
            InterTokenTimeout = Timeout("INTER_TOKEN", definition.InterTokenTimeout ?? TimeSpan.FromSeconds(60)),
            AnswerTimeout = Timeout("ANSWER", definition.AnswerTimeout ?? TimeSpan.FromSeconds(300)),
            PromptNote = definition.PromptNote,
            FactsAsOf = definition.FactsAsOf,
        };
        return definition switch
        {
            { Adapter: ProviderAdapter.Demo } => (options, null),
            { Keyless: false } when keys.Count == 0 => (null, new($"{prefix}_API_KEY")),
            _ when address is null => (null, missing),
            _ => (options, null),
        };

        TimeSpan Timeout(string stage, TimeSpan byDefault) =>
            settings.Duration($"{prefix}_{stage}_TIMEOUT", byDefault, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1));
    }

    // A window that is set to 0 has no limit.
    private static RequestLimits? Limits(ProviderDefinition definition, string prefix, SettingsReader settings)
    {
        var limits = new RequestLimits(
            Window("MINUTE", definition.Limits?.PerMinute), Window("HOUR", definition.Limits?.PerHour), Window("DAY", definition.Limits?.PerDay),
            definition.Limits?.PerModel is true);
        return limits.Windows.Any() ? limits == definition.Limits ? definition.Limits : limits : null;

        int? Window(string window, int? byDefault) =>
            settings.Number($"{prefix}_REQUESTS_PER_{window}", byDefault ?? 0, 0, MostRequests) is > 0 and var count ? count : null;
    }

    private static List<ApiKey> Keys(ProviderDefinition definition, string prefix, SettingsReader settings)
    {
        var keys = settings.Secrets($"{prefix}_API_KEY");
        if (keys.Count == 0 && definition.ApiKey is { } ofFile)
        {
            keys = ofFile.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        }

        return definition.Auth is ProviderAuth.None ? [] : [.. keys.Distinct().Select(key => new ApiKey(key))];
    }

    private static (Uri? Address, MissingSetting? Missing) Address(ProviderDefinition definition, string prefix, SettingsReader settings)
    {
        if (settings.HttpAddress($"{prefix}_BASE_URL") is { } address)
        {
            return (address, null);
        }

        if (definition.BaseUrl is not { } text)
        {
            return (null, new($"{prefix}_BASE_URL", "the address of an OpenAI-format server"));
        }

        foreach (var word in definition.Placeholders)
        {
            var name = $"{prefix}_{word.ToUpperInvariant()}";
            if (settings.Text(name, value => value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'), "letters, digits, '-' and '_'")
                is not { } value)
            {
                return (null, new(name));
            }

            text = text.Replace($"{{{word}}}", value, StringComparison.Ordinal);
        }

        return (new(text), null);
    }
}
