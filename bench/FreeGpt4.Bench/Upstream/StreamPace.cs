using System.Globalization;
using System.Text;

namespace FreeGpt4.Bench.Upstream;

/// <summary>
/// How the <see cref="MockUpstream"/> streams an answer. It is in the name of the model, which every gateway passes on:
/// <c>stream-20ms-10x10ms</c> is a first token after 20 ms, and ten in all at intervals of 10 ms.
/// </summary>
internal sealed record StreamPace(TimeSpan First, int Tokens, TimeSpan Interval)
{
    private const string Prefix = "stream-";

    public byte[] Question { get; } = Encoding.UTF8.GetBytes(
        $$"""{"model":"{{Prefix}}{{First.TotalMilliseconds:F0}}ms-{{Tokens}}x{{Interval.TotalMilliseconds:F0}}ms","stream":true,"messages":[{"role":"user","content":"Count."}]}""");

    /// <returns><c>null</c> when the model's name is none of a pace.</returns>
    public static StreamPace? Parse(string? model)
    {
        if (model?.StartsWith(Prefix, StringComparison.Ordinal) is not true)
        {
            return null;
        }

        var numbers = model[Prefix.Length..].Replace("ms", "", StringComparison.Ordinal).Split('-', 'x')
            .Select(number => int.Parse(number, NumberStyles.None, CultureInfo.InvariantCulture)).ToArray();
        return new(TimeSpan.FromMilliseconds(numbers[0]), numbers[1], TimeSpan.FromMilliseconds(numbers[2]));
    }
}
