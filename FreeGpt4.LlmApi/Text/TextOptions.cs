using System.Text.RegularExpressions;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Text;

/// <param name="Keyword">The name of the query parameter that holds the question.</param>
/// <param name="SystemPrompt">Sent before each question.</param>
/// <param name="RemoveSources">Whether citations and lists of sources are taken out of answers.</param>
/// <param name="IsAlwaysOk">Whether errors have status 200, and are HTML, as they were in FreeGPT4; decided at the start.</param>
internal sealed partial record TextOptions(string Keyword, string? SystemPrompt, bool RemoveSources, bool IsAlwaysOk)
{
    /// <summary>What a keyword may be, for a person.</summary>
    public const string AllowedKeyword = $"1 to 64 letters, digits, '.', '_' or '-', but not \"{Token}\"";

    // It may stand in the query as well, and is no question.
    private const string Token = "token";

    private static readonly Dictionary<string, bool> CompatStatuses = new() { ["200"] = true };

    public static TextOptions Read(SettingsReader settings) => new(
        settings.Text("KEYWORD", IsKeyword, AllowedKeyword) ?? "text",
        settings.Text("SYSTEM_PROMPT"),
        settings.Flag("REMOVE_SOURCES", fallback: true),
        settings.OneOf("COMPAT_STATUS", fallback: false, CompatStatuses));

    public static bool IsKeyword(string text) => Word().IsMatch(text) && !text.Equals(Token, StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex Word();
}
