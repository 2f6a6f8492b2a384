namespace FreeGpt4.LlmApi.State;

/// <summary>Texts of several lines that somebody wants to keep.</summary>
internal static class StoredText
{
    /// <summary>Why one is refused.</summary>
    public const string Refused = "has control characters in it; allowed are tabs and the ends of lines";

    /// <summary>Without control characters, one of which, U+0000, PostgreSQL does not keep.</summary>
    public static bool IsAllowed(string text) => !text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t'));

    /// <summary>Whether a text has another one in it, whatever the case of the letters. In JSON, what stands in a <c>data:</c> address does not count.</summary>
    public static bool Has(string text, string wanted)
    {
        const string Data = "\"data:";
        var rest = text.AsSpan();
        while (rest.IndexOf(Data, StringComparison.Ordinal) is var start and >= 0)
        {
            if (rest[..start].Contains(wanted, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }

            var data = rest[(start + Data.Length)..];
            rest = data.IndexOf('"') is var end and >= 0 ? data[(end + 1)..] : [];
        }

        return rest.Contains(wanted, StringComparison.OrdinalIgnoreCase);
    }
}
