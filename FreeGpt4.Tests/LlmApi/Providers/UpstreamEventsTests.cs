using System.Text;
using FreeGpt4.LlmApi.Providers;
using FreeGpt4.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace FreeGpt4.Tests.LlmApi.Providers;

/// <summary>Every legal spelling of a stream, in whatever pieces it arrives, is the same events.</summary>
public sealed class UpstreamEventsTests
{
    private static readonly Gen<string> Text = Gen.Elements(
        "{\"a\":1}", "{", "\"Größe 😀 世界\"", "x: y", ":", " leading", "[DONE]", "\u2028", "\uFEFF", "trailing ");

    private static readonly Gen<Event> Events =
        from type in Gen.Frequency((3, Gen.Constant("message")), (1, Gen.Elements("error", "response.created")))
        from lines in Gen.Choose(1, 3).SelectMany(count => Gen.ListOf(Text, count))
        select new Event(type, lines);

    private static readonly Gen<Spelling> Spellings =
        from lineEnd in Gen.Elements("\n", "\r\n", "\r")
        from byteOrderMark in Gen.Elements(true, false)
        from spaceAfterColon in Gen.Elements(true, false)
        from between in Gen.Elements(": ping", ":", "id: 7", "retry: 3000", "unknown: field", "data-less", "")
        from end in Gen.Elements(End.EmptyLine, End.LineEnd, End.Nothing)
        select new Spelling(lineEnd, byteOrderMark, spaceAfterColon, between, end);

    private static readonly Arbitrary<(List<Event> Events, Spelling Spelling)> Streams =
        Gen.Choose(1, 4).SelectMany(count => Gen.ListOf(Events, count)).Zip(Spellings, (events, spelling) => (events, spelling)).ToArbitrary();

    private enum End
    {
        EmptyLine,
        LineEnd,
        Nothing,
    }

    [Fact]
    public void Stream_CutAnywhere_GivesTheSameEvents() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(Effort.Choose(usual: 100, full: 2_000)).WithQuietOnSuccess(true),
        Prop.ForAll(Streams, async Task (stream) =>
        {
            var bytes = stream.Spelling.Write(stream.Events);
            var expected = stream.Events.Select(e => $"{e.Type} {string.Join(' ', e.Lines)}").ToList();

            for (var cut = 1; cut < bytes.Length; cut++)
            {
                (await ReadAsync(bytes, [cut])).ShouldBe(expected, $"cut at {cut} of {Encoding.UTF8.GetString(bytes)}");
            }

            (await ReadAsync(bytes, [.. Enumerable.Range(1, bytes.Length - 1)])).ShouldBe(expected, Encoding.UTF8.GetString(bytes));
        }));

    [Fact]
    public async Task Event_LongerThanAnyAnswer_IsRefused()
    {
        var endless = Encoding.UTF8.GetBytes("data: ".PadRight(17 << 20, 'x'));

        await Should.ThrowAsync<InvalidDataException>(() => ReadAsync(endless, []));
    }

    private static async Task<List<string>> ReadAsync(byte[] bytes, IReadOnlyList<int> cuts)
    {
        await using var reader = new UpstreamEvents(new PiecewiseStream(bytes, cuts), TestContext.Current.CancellationToken);
        var events = new List<string>();
        while (await reader.NextAsync() is { } next)
        {
            events.Add($"{next.Type} {Encoding.UTF8.GetString(next.Data)}");
        }

        return events;
    }

    private sealed record Event(string Type, IReadOnlyList<string> Lines);

    /// <param name="Between">A line before each event that is not part of it.</param>
    private sealed record Spelling(string LineEnd, bool ByteOrderMark, bool SpaceAfterColon, string Between, End End)
    {
        public byte[] Write(IReadOnlyList<Event> events)
        {
            // Without the space only a value that does not begin with one means the same.
            var text = new StringBuilder(ByteOrderMark ? "\uFEFF" : "");
            foreach (var (type, lines) in events)
            {
                Line(Between);
                if (type is not "message")
                {
                    Line($"event:{(SpaceAfterColon ? " " : "")}{type}");
                }

                foreach (var line in lines)
                {
                    Line($"data:{(SpaceAfterColon || line.StartsWith(' ') ? " " : "")}{line}");
                }

                Line("");
            }

            text.Length -= End switch
            {
                End.EmptyLine => 0,
                End.LineEnd => LineEnd.Length,
                _ => 2 * LineEnd.Length,
            };
            return Encoding.UTF8.GetBytes(text.ToString());

            void Line(string line) => text.Append(line).Append(LineEnd);
        }
    }
}
