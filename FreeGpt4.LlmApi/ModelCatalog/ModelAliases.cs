using System.Text.RegularExpressions;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.ModelCatalog;

/// <summary>
/// Names that stand for models: those of <c>MODEL_ALIASES</c> and of the providers file, and those that callers send because a program of
/// theirs has them built in.
/// </summary>
/// <param name="configured">From a name to models, provider and model or provider alone, in the order in which to ask.</param>
/// <param name="model"><c>MODEL</c>: what <c>auto</c> stands for before all else.</param>
internal sealed partial class ModelAliases(IReadOnlyDictionary<string, IReadOnlyList<string>> configured, string? model)
{
    public const string Auto = "auto";

    private const int LongestModel = 200;

    /// <summary>Listed among the models, because programs look for them there.</summary>
    public static IReadOnlyList<string> Usual { get; } = [Auto, "gpt-4", "gpt-4o", "gpt-4o-mini"];

    public IEnumerable<string> Names => configured.Keys;

    public IReadOnlyList<string>? Find(string name) => configured.GetValueOrDefault(name);

    /// <summary>
    /// What <c>auto</c> stands for. The model that was chosen comes first, whoever has it; after it, so that there is an answer, what
    /// <c>auto</c> is without it.
    /// </summary>
    /// <param name="ofCaller">In place of <c>MODEL</c>.</param>
    /// <returns><c>null</c> when nobody chose anything.</returns>
    public IReadOnlyList<string>? FindAuto(string? ofCaller) => (ofCaller ?? model) is { } chosen && !IsAuto(chosen)
        ? [.. Find(chosen) ?? [chosen], .. Find(Auto) ?? [Auto]]
        : Find(Auto);

    /// <summary>Whether the name leaves the choice to the gateway, where nobody has just that model.</summary>
    public static bool IsFamily(string model) => IsAuto(model) || Families().IsMatch(model);

    public static bool IsAuto(string model) => model.Equals(Auto, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads <c>fast=groq/llama-3.1-8b-instant,cerebras/llama3.1-8b; smart=…</c>, which goes before what the file says.</summary>
    public static ModelAliases Read(SettingsReader settings, IReadOnlyDictionary<string, IReadOnlyList<string>> ofFile)
    {
        const string Setting = "MODEL_ALIASES";
        var aliases = new Dictionary<string, IReadOnlyList<string>>(ofFile, StringComparer.OrdinalIgnoreCase);
        foreach (var alias in (settings.Text(Setting) ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var models = alias[(alias.IndexOf('=', StringComparison.Ordinal) + 1)..]
                .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            if (alias.IndexOf('=', StringComparison.Ordinal) <= 0 || models is [])
            {
                settings.Refuse(
                    $"{Setting} has \"{alias.ReplaceLineEndings(" ")}\"; allowed is name=model,model; name=model, each model as in groq/llama-3.1-8b-instant.");
                continue;
            }

            aliases[alias[..alias.IndexOf('=', StringComparison.Ordinal)].Trim()] = models;
        }

        return new(aliases, settings.Text("MODEL", text => text.Length <= LongestModel && !text.Any(char.IsControl), $"a model, an alias or provider/model, of at most {LongestModel} characters"));
    }

    [GeneratedRegex("^(gpt-|chatgpt-|o[0-9]|claude-|gemini-)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Families();
}
