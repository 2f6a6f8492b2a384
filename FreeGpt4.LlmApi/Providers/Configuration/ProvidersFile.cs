using System.Text.Json;
using System.Text.RegularExpressions;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Providers.Configuration;

/// <summary>
/// Providers as data: the ones that come with the program, and those of <c>PROVIDERS_FILE</c>. What may be in it is in
/// <c>providers.schema.json</c> for editors.
/// </summary>
internal sealed partial record ProvidersFile(
    IReadOnlyList<ProviderDefinition> Providers, IReadOnlyDictionary<string, IReadOnlyList<string>> Aliases)
{
    private const long LargestFile = 1 << 20;

    private static readonly TimeSpan ShortestTimeout = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestMatch = TimeSpan.FromMilliseconds(100);

    private static readonly Dictionary<string, ProviderAdapter> Adapters = new()
    {
        ["openai"] = ProviderAdapter.OpenAI,
        ["you"] = ProviderAdapter.You,
        ["demo"] = ProviderAdapter.Demo,
    };

    private static readonly Dictionary<string, ProviderAuth> Auths = new()
    {
        ["bearer"] = ProviderAuth.Bearer,
        ["none"] = ProviderAuth.None,
        ["fixed"] = ProviderAuth.Fixed,
    };

    private static readonly Dictionary<string, Operation> Operations = new()
    {
        ["chat"] = Operation.Chat,
        ["completions"] = Operation.Completions,
        ["embeddings"] = Operation.Embeddings,
    };

    private static ProvidersFile Nothing { get; } = new([], new Dictionary<string, IReadOnlyList<string>>());

    /// <summary>The providers that everybody has, with what <c>PROVIDERS_FILE</c> changes and adds. A file is read when the service starts.</summary>
    public static ProvidersFile ReadAll(SettingsReader settings)
    {
        var builtIn = BuiltIn();
        return ReadOwn(settings, builtIn.Providers) is { } own
            ? new(ProviderDefinition.Merge(builtIn.Providers, own.Providers), own.Aliases)
            : builtIn;
    }

    public static ProvidersFile BuiltIn()
    {
        using var stream = typeof(ProvidersFile).Assembly.GetManifestResourceStream("providers.json")
            ?? throw new InvalidOperationException("providers.json is not in the program.");
        using var json = new MemoryStream();
        stream.CopyTo(json);
        var errors = new PlacedErrors("providers.json");
        var file = Parse(json.GetBuffer().AsSpan(0, (int)json.Length), errors, known: []);
        return errors.Lines is [] ? file : throw new InvalidOperationException(string.Join('\n', errors.Lines));
    }

    /// <param name="known">What other files have described: here such a provider needs no address.</param>
    /// <param name="errors">Gets a line for each mistake; then the result is not to be used.</param>
    public static ProvidersFile Parse(ReadOnlySpan<byte> json, PlacedErrors errors, IReadOnlyList<ProviderDefinition> known)
    {
        PlacedJson root;
        try
        {
            root = PlacedJson.Parse(json);
        }
        catch (JsonException e)
        {
            errors.Add($"is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine}).");
            return Nothing;
        }

        var file = new PlacedObject(root, errors, "providers", "aliases");
        var providers = file.List("providers", node => ReadProvider(node, errors, known), "an array of objects") ?? [];
        foreach (var twice in providers.GroupBy(provider => provider.Name, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
        {
            errors.Add($"describes {twice.Key} {twice.Count()} times; allowed is once.");
        }

        return new(providers, ReadAliases(file, errors));
    }

    public static bool IsName(string text) => Name().IsMatch(text);

    private static ProvidersFile? ReadOwn(SettingsReader settings, IReadOnlyList<ProviderDefinition> known)
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
                var file = Parse(File.ReadAllBytes(path), errors, known);
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

    private static Dictionary<string, IReadOnlyList<string>> ReadAliases(PlacedObject file, PlacedErrors errors)
    {
        var aliases = new Dictionary<string, IReadOnlyList<string>>(StringComparer.OrdinalIgnoreCase);
        if (file.Find("aliases") is { } node)
        {
            var names = new PlacedObject(node, errors);
            foreach (var (name, _) in names.Members)
            {
                aliases[name] = names.Texts(name, "an array of models such as \"groq/llama-3.1-8b-instant\"") ?? [];
            }
        }

        return aliases;
    }

    // Null never: an element that is no object was reported by PlacedObject itself.
    private static ProviderDefinition ReadProvider(PlacedJson node, PlacedErrors errors, IReadOnlyList<ProviderDefinition> known)
    {
        var provider = new PlacedObject(
            node, errors, "name", "adapter", "baseUrl", "auth", "fixedKey", "apiKey", "models", "modelsPath", "operations", "keyless", "local",
            "onlyWhenNamed", "limits", "timeouts", "quirks", "promptNote", "factsAsOf");
        const string NameRule = "1 to 40 letters, digits, '.', '_' or '-', beginning with a letter";
        var name = provider.Text("name", IsName, NameRule);
        if (node.Kind is JsonTokenType.StartObject && provider.Find("name") is null)
        {
            errors.Add(node, "has no name", NameRule);
        }

        var definition = new ProviderDefinition
        {
            Name = name ?? $"?{node.Path}",
            Adapter = provider.OneOf("adapter", Adapters),
            BaseUrl = provider.Text(
                "baseUrl",
                IsBaseUrl,
                "an address such as \"http://localhost:11434/v1\", without user, query and fragment",
                isSecret: provider.Find("baseUrl") is { Kind: JsonTokenType.String } address && address.Text.AsSpan().ContainsAny("@?#")),
            Auth = provider.OneOf("auth", Auths),
            FixedKey = provider.Text("fixedKey", IsKey, "printable ASCII characters without spaces", isSecret: true),
            ApiKey = provider.Text("apiKey", text => IsKey(text.Replace(" ", "")), "keys of printable ASCII characters, separated by commas", isSecret: true),
            Models = provider.Texts("models"),
            ModelsPath = provider.Text("modelsPath"),
            Operations = provider.List(
                "operations", value => Operations.GetValueOrDefault(value.Text), $"an array of {string.Join(", ", Operations.Keys)}"),
            Keyless = provider.Flag("keyless"),
            Local = provider.Flag("local"),
            OnlyWhenNamed = provider.Flag("onlyWhenNamed"),
            Limits = ReadLimits(provider, errors),
            Quirks = ReadQuirks(provider, errors),
            PromptNote = provider.Text("promptNote"),
            FactsAsOf = provider.Text("factsAsOf", text => YearAndMonth().IsMatch(text), "a month such as \"2026-11\""),
        };
        definition = provider.Find("timeouts") is { } timeouts ? WithTimeouts(definition, new(timeouts, errors, "connect", "firstToken", "interToken", "answer")) : definition;
        if (name is not null && definition is { BaseUrl: null, Adapter: null } && provider.Find("baseUrl") is null
            && !known.Any(other => other.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
        {
            errors.Add(node, "has no baseUrl", "an address such as \"http://localhost:11434/v1\"");
        }

        return definition;
    }

    private static ProviderDefinition WithTimeouts(ProviderDefinition definition, PlacedObject timeouts) => definition with
    {
        ConnectTimeout = timeouts.Duration("connect", ShortestTimeout, LongestTimeout),
        FirstTokenTimeout = timeouts.Duration("firstToken", ShortestTimeout, LongestTimeout),
        InterTokenTimeout = timeouts.Duration("interToken", ShortestTimeout, LongestTimeout),
        AnswerTimeout = timeouts.Duration("answer", ShortestTimeout, LongestTimeout),
    };

    private static RequestLimits? ReadLimits(PlacedObject provider, PlacedErrors errors)
    {
        if (provider.Find("limits") is not { } node)
        {
            return null;
        }

        var limits = new PlacedObject(node, errors, "requestsPerMinute", "requestsPerHour", "requestsPerDay", "perModel");
        return new(Count("Minute"), Count("Hour"), Count("Day"), limits.Flag("perModel") ?? false);

        int? Count(string window) => limits.Number($"requestsPer{window}", 1, 1_000_000);
    }

    private static ProviderQuirks? ReadQuirks(PlacedObject provider, PlacedErrors errors)
    {
        if (provider.Find("quirks") is not { } node)
        {
            return null;
        }

        var quirks = new PlacedObject(
            node, errors, "stripFields", "contentAsString", "nullContentAsEmpty", "minMaxTokens", "stopAsArray", "noTools", "modelPrefix",
            "headers", "noticePatterns");
        return new()
        {
            StripFields = quirks.Texts("stripFields") ?? [],
            ContentAsString = quirks.Flag("contentAsString") ?? false,
            NullContentAsEmpty = quirks.Flag("nullContentAsEmpty") ?? false,
            MinMaxTokens = quirks.Number("minMaxTokens", 1, 1_000_000),
            StopAsArray = quirks.Flag("stopAsArray") ?? false,
            NoTools = quirks.Flag("noTools") ?? false,
            ModelPrefix = quirks.Text("modelPrefix"),
            Headers = ReadHeaders(quirks, errors),
            NoticePatterns = quirks.List("noticePatterns", ReadPattern, "an array of regular expressions") ?? [],
        };
    }

    private static Dictionary<string, string> ReadHeaders(PlacedObject quirks, PlacedErrors errors)
    {
        var headers = new Dictionary<string, string>();
        if (quirks.Find("headers") is { } node)
        {
            var all = new PlacedObject(node, errors);
            foreach (var (name, value) in all.Members)
            {
                if (!HeaderName().IsMatch(name))
                {
                    errors.Add(value, "has a name that no header can have", "letters, digits and '-'");
                }
                else if (all.Text(name, text => text.All(c => c is >= ' ' and <= '~'), "printable ASCII characters", isSecret: true) is { } text)
                {
                    headers[name] = text;
                }
            }
        }

        return headers;
    }

    private static Regex? ReadPattern(PlacedJson value)
    {
        try
        {
            return value.Kind is JsonTokenType.String && value.Text.Length > 0
                ? new(value.Text, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, LongestMatch)
                : null;
        }
        catch (RegexParseException)
        {
            return null;
        }
    }

    private static bool IsKey(string text) => text.Length > 0 && text.All(c => c is > ' ' and <= '~');

    // With something in place of {account_id}, of which only a setting knows what it is.
    private static bool IsBaseUrl(string text) =>
        Uri.TryCreate(Placeholder().Replace(text, "x"), UriKind.Absolute, out var address)
        && address is { Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "" };

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9._-]{0,39}\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"^\d{4}-(0[1-9]|1[0-2])\z")]
    private static partial Regex YearAndMonth();

    [GeneratedRegex(@"^[A-Za-z0-9-]+\z")]
    private static partial Regex HeaderName();

    [GeneratedRegex("{([a-z_]+)}")]
    internal static partial Regex Placeholder();
}
