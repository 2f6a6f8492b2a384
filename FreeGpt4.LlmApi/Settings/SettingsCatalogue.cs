using System.Collections.Frozen;
using FreeGpt4.LlmApi.Providers.Configuration;
using FreeGpt4.LlmApi.Providers.Connections;
using FreeGpt4.LlmApi.State.Retention;
using FreeGpt4.LlmApi.Text;

namespace FreeGpt4.LlmApi.Settings;

/// <summary>
/// What can be stored. Whether a value is allowed, its feature's reader decides; this is what a person, and a page, needs to know before.
/// What stands for where the service listens and keeps its state is not among it, so that no stored value can lock everybody out.
/// </summary>
internal sealed class SettingsCatalogue
{
    private const string Time = "a time such as 500ms, 30s, 10m or 1h";

    // Also when the provider that it was for is no longer known.
    private const string KeySuffix = "_API_KEY";

    private readonly FrozenDictionary<string, SettingDefinition> _byName;

    public SettingsCatalogue(ProvidersFile files)
    {
        All = [.. General(files).Concat(files.Providers.SelectMany(OfProvider)).DistinctBy(setting => setting.Name)];
        _byName = All.ToFrozenDictionary(setting => setting.Name, StringComparer.OrdinalIgnoreCase);
    }

    public IReadOnlyList<SettingDefinition> All { get; }

    public SettingDefinition? Find(string name) => _byName.GetValueOrDefault(name);

    public static bool IsSecret(string name) =>
        name.EndsWith(KeySuffix, StringComparison.OrdinalIgnoreCase) || name.Equals(OutgoingProxies.Setting, StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<SettingDefinition> General(ProvidersFile files)
    {
        List<string> names = [.. files.Providers.Select(provider => provider.Name)];
        yield return new("PROVIDER", SettingKind.Choice, "the name of a provider, or Auto", "You") { Choices = ["Auto", .. names] };
        yield return new("MODEL", SettingKind.Text, "a model, an alias or provider/model");
        yield return new("FALLBACK_PROVIDERS", SettingKind.List, "names of providers, separated by commas") { Choices = names };
        yield return new("FALLBACK_TIMEOUT", SettingKind.Time, $"{Time}, from 100ms to 1h", "9m");
        yield return new("MODEL_ALIASES", SettingKind.Text, "name=model,model; name=model, each model as in groq/llama-3.1-8b-instant");
        yield return new("SYSTEM_PROMPT", SettingKind.LongText, "any text");
        yield return new("KEYWORD", SettingKind.Text, TextOptions.AllowedKeyword, "text");
        yield return Flag("REMOVE_SOURCES", "true");
        yield return Flag("HISTORY", "false");
        yield return Flag("PRIVATE_MODE", "false");
        yield return new("CONVERSATION_RETENTION", SettingKind.Text, RetentionOptions.Allowed, "off");
        yield return new("USAGE_RETENTION", SettingKind.Text, RetentionOptions.Allowed, "90d");
        yield return new(OutgoingProxies.Setting, SettingKind.Secret, OutgoingProxies.Allowed);
    }

    private static IEnumerable<SettingDefinition> OfProvider(ProviderDefinition provider)
    {
        if (provider.Adapter is ProviderAdapter.Demo)
        {
            yield break;
        }

        var prefix = provider.SettingPrefix;
        if (provider.Auth is not ProviderAuth.None)
        {
            yield return Of(KeySuffix, SettingKind.Secret, "keys of printable ASCII characters, separated by commas", provider.ApiKey);
        }

        yield return Of("_BASE_URL", SettingKind.Address, "an address such as http://localhost:11434/v1", provider.BaseUrl);
        yield return Of("_MODELS", SettingKind.List, "models, separated by commas", provider.Models is [_, ..] models ? string.Join(',', models) : null);
        foreach (var word in provider.Placeholders)
        {
            yield return Of($"_{word.ToUpperInvariant()}", SettingKind.Text, "letters, digits, '-' and '_'");
        }

        yield return Timeout("CONNECT", provider.ConnectTimeout, "10s");
        yield return Timeout("FIRST_TOKEN", provider.FirstTokenTimeout, "120s");
        yield return Timeout("INTER_TOKEN", provider.InterTokenTimeout, "60s");
        yield return Timeout("ANSWER", provider.AnswerTimeout, "300s");
        if (provider.Keyless is true)
        {
            yield return Limit("MINUTE", provider.Limits?.PerMinute);
            yield return Limit("HOUR", provider.Limits?.PerHour);
            yield return Limit("DAY", provider.Limits?.PerDay);
        }

        SettingDefinition Of(string suffix, SettingKind kind, string allowed, string? byDefault = null) =>
            new($"{prefix}{suffix}", kind, allowed, byDefault) { Provider = provider.Name };

        SettingDefinition Timeout(string stage, TimeSpan? ofProvider, string byDefault) => Of(
            $"_{stage}_TIMEOUT", SettingKind.Time, $"{Time}, from 10ms to 1h", ofProvider is { } time ? $"{time.TotalMilliseconds:0}ms" : byDefault);

        SettingDefinition Limit(string window, int? ofProvider) => Of(
            $"_REQUESTS_PER_{window}", SettingKind.Number, "how often it is asked without a key: a whole number from 0 to 1000000, 0 for no limit", $"{ofProvider ?? 0}");
    }

    private static SettingDefinition Flag(string name, string byDefault) =>
        new(name, SettingKind.Flag, "true, false", byDefault) { Choices = ["true", "false"] };
}
