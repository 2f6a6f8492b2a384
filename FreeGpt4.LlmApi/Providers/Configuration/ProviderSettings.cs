using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Providers.Configuration;

/// <summary>The providers of the files, with what the environment adds: keys, addresses, models.</summary>
internal sealed record ProviderSettings(
    IReadOnlyList<ProviderOptions> Usable, IReadOnlyList<UnusedProvider> Unused, IReadOnlyDictionary<string, IReadOnlyList<string>> Aliases)
{
    private const long LargestFile = 1 << 20;

    public IEnumerable<string> Names => Usable.Select(provider => provider.Name).Concat(Unused.Select(provider => provider.Name));

    public static ProviderSettings Read(SettingsReader settings)
    {
        var builtIn = ProvidersFile.BuiltIn();
        var own = ReadOwnFile(settings, builtIn.Providers);
        var usable = new List<ProviderOptions>();
        var unused = new List<UnusedProvider>();
        foreach (var definition in own is null ? builtIn.Providers : ProviderDefinition.Merge(builtIn.Providers, own.Providers))
        {
            var (options, whatToDo) = Resolve(definition, settings);
            if (options is not null)
            {
                usable.Add(options);
            }
            else
            {
                unused.Add(new(definition.Name, whatToDo) { Operations = definition.Operations ?? Operation.All });
            }
        }

        return new(usable, unused, own?.Aliases ?? builtIn.Aliases);
    }

    private static ProvidersFile? ReadOwnFile(SettingsReader settings, IReadOnlyList<ProviderDefinition> known)
    {
        if (settings.Text("PROVIDERS_FILE") is not { } path)
        {
            return null;
        }

        var errors = new PlacedErrors($"PROVIDERS_FILE {path}");
        try
        {
            var size = new FileInfo(path).Length;
            if (size <= LargestFile)
            {
                var file = ProvidersFile.Parse(File.ReadAllBytes(path), errors, known);
                foreach (var line in errors.Lines)
                {
                    settings.Refuse(line);
                }

                return errors.Lines is [] ? file : null;
            }

            settings.Refuse($"PROVIDERS_FILE {path} has {size} bytes; allowed are {LargestFile}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            settings.Refuse($"PROVIDERS_FILE {path} cannot be read: {e.Message}");
        }

        return null;
    }

    /// <returns>The options; without them what to do so that there are some.</returns>
    private static (ProviderOptions? Options, string WhatToDo) Resolve(ProviderDefinition definition, SettingsReader settings)
    {
        var prefix = Prefix(definition.Name);
        var keys = Keys(definition, prefix, settings);
        var models = settings.List($"{prefix}_MODELS");
        var (address, whatToDo) = Address(definition, prefix, settings);
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
            Limits = keys.Count == 0 ? definition.Limits : null,
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
            { Adapter: ProviderAdapter.Demo } => (options, ""),
            { Keyless: false } when keys.Count == 0 => (null, $"set {prefix}_API_KEY"),
            _ when address is null => (null, whatToDo),
            _ => (options, ""),
        };

        TimeSpan Timeout(string stage, TimeSpan byDefault) =>
            settings.Duration($"{prefix}_{stage}_TIMEOUT", byDefault, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1));
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

    private static (Uri? Address, string WhatToDo) Address(ProviderDefinition definition, string prefix, SettingsReader settings)
    {
        var whatToDo = $"set {prefix}_BASE_URL to the address of an OpenAI-format server";
        if (settings.HttpAddress($"{prefix}_BASE_URL") is { } address)
        {
            return (address, whatToDo);
        }

        if (definition.BaseUrl is not { } text)
        {
            return (null, whatToDo);
        }

        foreach (var word in ProvidersFile.Placeholder().Matches(text).Select(match => match.Groups[1].Value))
        {
            var name = $"{prefix}_{word.ToUpperInvariant()}";
            if (settings.Text(name, value => value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'), "letters, digits, '-' and '_'")
                is not { } value)
            {
                return (null, $"set {name}");
            }

            text = text.Replace($"{{{word}}}", value, StringComparison.Ordinal);
        }

        return (new(text), whatToDo);
    }

    /// <summary><c>LLM7</c> for LLM7, <c>Z_AI</c> for z.ai.</summary>
    private static string Prefix(string name) =>
        string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_'));
}
