namespace FreeGpt4.LlmApi.State;

/// <summary>Texts of several lines that somebody wants to keep.</summary>
internal static class StoredText
{
    /// <summary>Why one is refused.</summary>
    public const string Refused = "has control characters in it; allowed are tabs and the ends of lines";

    /// <summary>Without control characters, one of which, U+0000, PostgreSQL does not keep.</summary>
    public static bool IsAllowed(string text) => !text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t'));
}
