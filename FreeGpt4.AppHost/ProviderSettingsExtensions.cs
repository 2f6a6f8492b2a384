using System.Text.Json;
using System.Text.RegularExpressions;
using FreeGpt4.AppHost.Compose;

namespace FreeGpt4.AppHost;

/// <summary>Hands the settings of every provider on, by the names that follow from <c>providers.json</c> and <c>PROVIDERS_FILE</c>.</summary>
internal static partial class ProviderSettingsExtensions
{
    private const string ProvidersFile = "PROVIDERS_FILE";
    private const string Custom = "CUSTOM";

    // For development alone.
    private const string Demo = "DEMO";

    private static readonly string[] Suffixes =
    [
        "BASE_URL", "MODELS", "CONNECT_TIMEOUT", "FIRST_TOKEN_TIMEOUT", "INTER_TOKEN_TIMEOUT", "ANSWER_TIMEOUT", "REQUESTS_PER_MINUTE",
        "REQUESTS_PER_HOUR", "REQUESTS_PER_DAY",
    ];

    private static readonly JsonDocumentOptions Json = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    public static IResourceBuilder<ProjectResource> WithProviderSettings(this IResourceBuilder<ProjectResource> api)
    {
        var ownFile = api.ApplicationBuilder.OwnSettings()[ProvidersFile] is { Length: > 0 } path ? Path.GetFullPath(path) : null;
        foreach (var (prefix, words) in BuiltIn().Concat(Own(ownFile)).GroupBy(
            provider => provider.Prefix, (prefix, same) => (prefix, same.SelectMany(provider => provider.Words).Distinct())))
        {
            if (api.ApplicationBuilder.ExecutionContext.IsPublishMode)
            {
                api.PublishProvider(prefix, words);
            }
            else
            {
                var settings = api.ApplicationBuilder.Configuration;
                api.WithSettings([.. Suffixes.Concat(words).Select(suffix => $"{prefix}_{suffix}").Where(name => settings[name] is { Length: > 0 })]);
                api.WithSecret($"{prefix}_API_KEY", "keys of one provider, separated by commas.");
            }
        }

        api.WithSecret("PROXIES", "through whom providers are asked, separated by commas.");

        // The replicas have another working directory.
        return ownFile is null ? api : api.WithEnvironment(ProvidersFile, ownFile);
    }

    // In the manifest is what makes a provider usable; in the Compose file, whose lines cost nothing, all that can be set.
    private static void PublishProvider(this IResourceBuilder<ProjectResource> api, string prefix, IEnumerable<string> words)
    {
        if (prefix is Demo)
        {
            return;
        }

        api.WithSecret($"{prefix}_API_KEY", "keys of one provider, separated by commas.");
        api.WithSettings([.. words.Select(word => $"{prefix}_{word}")]);
        if (prefix is Custom)
        {
            api.WithSettings($"{prefix}_BASE_URL", $"{prefix}_MODELS");
        }

        foreach (var name in Suffixes.Select(suffix => $"{prefix}_{suffix}"))
        {
            api.WithPublishedValue(name, PublishedSettings.Placeholder(name, ""));
        }
    }

    private static void WithSecret(this IResourceBuilder<ProjectResource> api, string name, string description)
        => api.WithSecret(name, name, PublishedSettings.ParameterName(name), $"{name}: {description}");

    private static IEnumerable<(string Prefix, IEnumerable<string> Words)> BuiltIn()
    {
        using var json = typeof(ProviderSettingsExtensions).Assembly.GetManifestResourceStream("providers.json")
            ?? throw new InvalidOperationException("providers.json is not in the program.");
        return Read(JsonDocument.Parse(json, Json));
    }

    // What is wrong with the file the API says itself, in full.
    private static IEnumerable<(string Prefix, IEnumerable<string> Words)> Own(string? path)
    {
        try
        {
            return path is null ? [] : Read(JsonDocument.Parse(File.ReadAllBytes(path), Json));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return [];
        }
    }

    private static IEnumerable<(string Prefix, IEnumerable<string> Words)> Read(JsonDocument document)
    {
        using (document)
        {
            return document.RootElement.ValueKind is JsonValueKind.Object
                && document.RootElement.TryGetProperty("providers", out var providers)
                && providers.ValueKind is JsonValueKind.Array
                    ? [.. providers.EnumerateArray().Where(provider => Text(provider, "name") is not null)
                        .Select(provider => (Prefix(Text(provider, "name")!), Words(Text(provider, "baseUrl"))))]
                    : [];
        }
    }

    private static string? Text(JsonElement provider, string name) =>
        provider.ValueKind is JsonValueKind.Object && provider.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String
            ? value.GetString()
            : null;

    private static string Prefix(string name) =>
        string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_'));

    // {account_id} in an address.
    private static IEnumerable<string> Words(string? address) =>
        [.. Placeholder().Matches(address ?? "").Select(match => match.Groups[1].Value.ToUpperInvariant())];

    [GeneratedRegex("{([a-z_]+)}")]
    private static partial Regex Placeholder();
}
