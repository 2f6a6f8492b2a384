namespace FreeGpt4.LlmApi.Users.Import;

/// <summary>What was taken over, and what was not and why. No value is in it: some are secrets.</summary>
internal sealed class ImportReport
{
    private readonly List<string> _taken = [];
    private readonly List<(string What, string Why)> _left = [];

    public IReadOnlyList<string> Taken => _taken;

    public IReadOnlyList<(string What, string Why)> NotTaken => _left;

    public void Took(string what) => _taken.Add(Plain(what));

    public void Left(string what, string why) => _left.Add((Plain(what), Plain(why)));

    public async Task WriteAsync(TextWriter output)
    {
        await output.WriteLineAsync($"Taken over ({_taken.Count}):");
        foreach (var what in _taken)
        {
            await output.WriteLineAsync($"  {what}");
        }

        await output.WriteLineAsync($"Not taken over ({_left.Count}):");
        foreach (var (what, why) in _left)
        {
            await output.WriteLineAsync($"  {what}: {why}");
        }
    }

    // Names of an unknown database are in it, and what they have in them a terminal might obey.
    private static string Plain(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '\ufffd' : c));
}
