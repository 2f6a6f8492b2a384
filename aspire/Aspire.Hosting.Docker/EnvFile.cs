namespace Aspire.Hosting.Docker;

/// <summary>A <c>.env</c> for people to fill in: names without values, each below what it is. What they filled in stays.</summary>
internal sealed class EnvFile(string path)
{
    private readonly SortedDictionary<string, (string? Comment, string Value)> _entries = new(StringComparer.Ordinal);

    public void AddMissing(IEnumerable<CapturedEnvironmentVariable> variables)
    {
        Read();
        foreach (var variable in variables)
        {
            _entries.TryAdd(variable.Name, (variable.Description, ""));
        }

        File.WriteAllText(path, string.Concat(_entries.Select(entry =>
            $"{(string.IsNullOrWhiteSpace(entry.Value.Comment) ? "" : $"# {entry.Value.Comment}\n")}{entry.Key}={entry.Value.Value}\n\n")));
    }

    private void Read()
    {
        string? comment = null;
        foreach (var line in File.Exists(path) ? File.ReadAllLines(path) : [])
        {
            var text = line.Trim();
            if (text.StartsWith('#'))
            {
                comment = text[1..].Trim();
                continue;
            }

            if (text.IndexOf('=') is > 0 and var equals)
            {
                _entries[text[..equals].Trim()] = (comment, text[(equals + 1)..]);
            }

            comment = null;
        }
    }
}
