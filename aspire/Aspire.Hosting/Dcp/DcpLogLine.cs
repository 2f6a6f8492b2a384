using System.Globalization;

namespace Aspire.Hosting.Dcp;

internal enum DcpLogSource
{
    Stdout,
    Stderr,

    /// <summary>What DCP itself has to say about the object, for example why it could not be started.</summary>
    System,

    /// <summary>What the engine has to say while it gets the image of a container, and why it cannot start the container.</summary>
    Startup,
}

/// <param name="Number">From 1, within its source.</param>
/// <param name="Timestamp">When DCP read the line.</param>
internal sealed record DcpLogLine(long Number, DateTimeOffset? Timestamp, string Text)
{
    /// <summary>
    /// Reads <c>76 2026-11-23T14:30:23.699Z text</c>, or without the number the line of a container. A line in another form is its own text.
    /// </summary>
    public static DcpLogLine Parse(string line)
    {
        var fields = line.Split(' ', 3);
        if (fields.Length >= 2
            && long.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && TryParseTime(fields[1], out var timestamp))
        {
            return new(number, timestamp, fields.Length > 2 ? fields[2] : "");
        }

        return fields is [['2', '0', .., 'Z'], _, ..] && TryParseTime(fields[0], out timestamp)
            ? new(0, timestamp, line[(fields[0].Length + 1)..])
            : new(0, null, line);
    }

    /// <summary>Reads a line of <see cref="DcpLogSource.System"/>; see <see cref="DcpMessage"/>.</summary>
    /// <param name="number">These lines come without one.</param>
    public static DcpLogLine ParseSystem(string line, long number) =>
        DcpMessage.TryParse(line) is { } message && TryParseTime(line[..line.IndexOf('\t')], out var timestamp)
            ? new(number, timestamp, message.Text)
            : new(number, null, line);

    private static bool TryParseTime(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
}
