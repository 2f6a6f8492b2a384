using System.Text.RegularExpressions;

namespace FreeGpt4.LlmApi.State;

/// <summary>Texts of several lines that somebody wants to keep.</summary>
internal static partial class StoredText
{
    /// <summary>Why one is refused.</summary>
    public const string Refused = "has control characters in it; allowed are tabs and the ends of lines";

    /// <summary>Without control characters, one of which, U+0000, PostgreSQL does not keep.</summary>
    public static bool IsAllowed(string text) => !text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t'));

    /// <summary>Whether a text has another one in it, whatever the case of the letters. In JSON, what stands in a <c>data:</c> address does not count.</summary>
    public static bool Has(string text, string wanted)
    {
        var from = 0;
        foreach (var address in DataAddress().EnumerateMatches(text))
        {
            if (text.AsSpan(from, address.Index - from).Contains(wanted, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }

            from = address.Index + address.Length;
        }

        return text.AsSpan(from).Contains(wanted, StringComparison.OrdinalIgnoreCase);
    }

    // A quote within a text has a backslash before it.
    [GeneratedRegex("(?<!\\\\)\"data:[^\"]*\"")]
    private static partial Regex DataAddress();
}
