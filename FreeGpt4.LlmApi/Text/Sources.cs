using System.Text.RegularExpressions;

namespace FreeGpt4.LlmApi.Text;

/// <summary>
/// The citations that providers with a web search put into their answers, for readers who cannot follow them. Only what is
/// plainly a citation goes, and nothing in code; all else stays as it came.
/// </summary>
internal static partial class Sources
{
    /// <returns>
    /// The text without <c>[[1]](https://…)</c>, without <c>[1]: https://…</c> and "Sources:" lists at its end, and without the
    /// <c>[1]</c> that referred to them.
    /// </returns>
    public static string RemoveFrom(string text)
    {
        var lines = text.Split('\n');
        var isCode = FindCode(lines);
        var count = lines.Length;
        var removed = new HashSet<string>();
        while (RemoveDefinition(lines, isCode, ref count, removed) || RemoveList(lines, isCode, ref count, removed))
        {
        }

        for (var i = 0; i < count; i++)
        {
            lines[i] = isCode[i] ? lines[i] : WithoutCitations(lines[i], removed);
        }

        var rest = string.Join('\n', lines, 0, count);
        rest = count < lines.Length ? rest.TrimEnd() : rest;

        // Somebody may have asked for nothing but sources.
        return string.IsNullOrWhiteSpace(rest) ? text : rest;
    }

    // Between fences, or indented.
    private static bool[] FindCode(string[] lines)
    {
        var isCode = new bool[lines.Length];
        var fence = "";
        for (var i = 0; i < lines.Length; i++)
        {
            var mark = Fence().Match(lines[i]).Groups["mark"].Value;
            isCode[i] = fence.Length > 0 || mark.Length > 0 || lines[i].StartsWith("    ", StringComparison.Ordinal) || lines[i].StartsWith('\t');
            if (fence.Length == 0)
            {
                fence = mark;
            }
            else if (mark.StartsWith(fence, StringComparison.Ordinal) && lines[i].Trim().Length == mark.Length)
            {
                fence = "";
            }
        }

        return isCode;
    }

    /// <summary>Takes one <c>[1]: https://…</c> off the end.</summary>
    private static bool RemoveDefinition(string[] lines, bool[] isCode, ref int count, HashSet<string> removed)
    {
        var last = LastLine(lines, count);
        if (last < 0 || isCode[last] || Definition().Match(lines[last]) is not { Success: true } definition)
        {
            return false;
        }

        removed.Add(definition.Groups["number"].Value);
        count = last;
        return true;
    }

    /// <summary>Takes one list of links with a heading off the end.</summary>
    private static bool RemoveList(string[] lines, bool[] isCode, ref int count, HashSet<string> removed)
    {
        var numbers = new List<string>();
        var isEmpty = true;
        for (var i = LastLine(lines, count); i >= 0; i--)
        {
            if (isCode[i])
            {
                return false;
            }

            if (Heading().Match(lines[i]) is { Success: true } heading)
            {
                var rest = heading.Groups["rest"].Value;
                if (rest.Length > 0 ? !Item().IsMatch(rest) : isEmpty)
                {
                    return false;
                }

                count = i;
                removed.UnionWith(numbers);
                return true;
            }

            if (string.IsNullOrWhiteSpace(lines[i]))
            {
                continue;
            }

            if (Item().Match(lines[i]) is not { Success: true } item)
            {
                return false;
            }

            isEmpty = false;
            numbers.Add(item.Groups["number"].Value);
        }

        return false;
    }

    /// <summary>The last of the first lines that is not blank; -1 without any.</summary>
    private static int LastLine(string[] lines, int count)
    {
        var last = count - 1;
        while (last >= 0 && string.IsNullOrWhiteSpace(lines[last]))
        {
            last--;
        }

        return last;
    }

    private static string WithoutCitations(string line, HashSet<string> removed)
    {
        if (!line.Contains('['))
        {
            return line;
        }

        // Between a run of backticks and the next that is as long is code; after one that nothing ends, who knows.
        var parts = Backticks().Split(line);
        var open = "";
        for (var i = 0; i < parts.Length; i++)
        {
            if (parts[i].StartsWith('`'))
            {
                open = open.Length == 0 ? parts[i] : parts[i] == open ? "" : open;
            }
            else if (open.Length == 0)
            {
                var prose = Citation().Replace(parts[i], "");
                parts[i] = removed.Count == 0
                    ? prose
                    : Reference().Replace(prose, found =>
                        found.Groups["number"].Captures.All(number => removed.Contains(number.Value)) ? "" : found.Value);
            }
        }

        return string.Concat(parts);
    }

    // ```json
    [GeneratedRegex("^ {0,3}(?<mark>`{3,}|~{3,})")]
    private static partial Regex Fence();

    // [1]: https://example.com/a "Its title"
    [GeneratedRegex("^ {0,3}\\[(?<number>[0-9]{1,3})\\]:[ \t]*<?https?://[^ \t\r]+(?:[ \t]+(?:\"[^\"]*\"|'[^']*'|\\([^()]*\\)))?[ \t\r]*$", RegexOptions.IgnoreCase)]
    private static partial Regex Definition();

    // Sources:   **Sources**   ## Sources   Source: https://example.com/a
    [GeneratedRegex("^ {0,3}(?:(?:#{1,6} +|\\*\\*|__)sources?:?(?:\\*\\*|__)?:?|sources?:)[ \t\r]*(?<rest>.*)$", RegexOptions.IgnoreCase)]
    private static partial Regex Heading();

    // 1. [Title](https://example.com/a)   [1] https://example.com/a   - Title: https://example.com/a
    [GeneratedRegex("^ {0,3}(?:[-*+•][ \t]|(?<number>[0-9]{1,3})[.)]|\\[(?<number>[0-9]{1,3})\\]:?|(?=\\[|<?https?://))(?=.*https?://)", RegexOptions.IgnoreCase)]
    private static partial Regex Item();

    [GeneratedRegex("(`+)")]
    private static partial Regex Backticks();

    // [[1]](https://example.com/a_(b) "Its title"), with the space before it.
    [GeneratedRegex("(?<![ \t])[ \t]*\\[\\[[0-9]{1,3}\\]\\]\\(https?://(?>(?:[^()\\s]|\\([^()\\s]*\\))*)(?: \"[^\"]*\")?\\)", RegexOptions.IgnoreCase)]
    private static partial Regex Citation();

    // " [1][2]" after a word, ".[1]" after a sentence. a[1] is an element of a list, and [1](…) or [1]: something else.
    [GeneratedRegex("(?<=[\\w.,;!?\"'”»)])(?!(?<=[\\w)])\\[)[ \t]*(?:\\[(?<number>[0-9]{1,3})\\][ \t]?)*\\[(?<number>[0-9]{1,3})\\](?![\\[(:\\w])")]
    private static partial Regex Reference();
}
