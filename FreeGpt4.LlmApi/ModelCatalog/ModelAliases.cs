using System.Text.RegularExpressions;

namespace FreeGpt4.LlmApi.ModelCatalog;

/// <summary>
/// Names that callers send because a program of theirs has them built in. A provider with models of its own answers to them
/// with its first.
/// </summary>
internal static partial class ModelAliases
{
    public const string Auto = "auto";

    public static bool Contains(string model) => IsAuto(model) || Families().IsMatch(model);

    public static bool IsAuto(string model) => model.Equals(Auto, StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex("^(gpt-|chatgpt-|o[0-9]|claude-|gemini-)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Families();
}
