using System.Buffers;

namespace FreeGpt4.LlmApi.OpenAI;

/// <summary>
/// Changes to one JSON document that leave every byte they do not name as it came: number formats, escapes, member order
/// and members that we have never heard of.
/// </summary>
internal sealed class JsonEdits
{
    private readonly List<Edit> _edits = [];

    public bool IsEmpty => _edits.Count == 0;

    public void Clear() => _edits.Clear();

    public void Replace(JsonSlice value, ReadOnlyMemory<byte> text) => _edits.Add(new(value.Start, value.Length, _edits.Count, text));

    /// <summary>Puts a member, given as <c>"name":value</c>, into an object.</summary>
    public void Add(ReadOnlyMemory<byte> json, JsonSlice target, ReadOnlyMemory<byte> member)
    {
        var start = target.Start + 1;
        var isEmpty = json.Span[start..(target.End - 1)].IndexOfAnyExcept(" \t\r\n"u8) < 0;
        var isFirst = !_edits.Exists(edit => edit.Start == start && edit.Length == 0);
        _edits.Add(new(start, 0, _edits.Count, member, CommaBefore: isEmpty && !isFirst, CommaAfter: !isEmpty));
    }

    public void AddIfMissing(ReadOnlyMemory<byte> json, JsonSlice found, JsonSlice target, ReadOnlyMemory<byte> member)
    {
        if (found.IsMissing)
        {
            Add(json, target, member);
        }
    }

    /// <summary>Takes a member out of an object that has others, with the one comma that goes with it.</summary>
    public void Remove(ReadOnlyMemory<byte> json, int nameStart, JsonSlice value)
    {
        var span = json.Span;
        var start = nameStart;
        var end = value.End + span[value.End..].IndexOfAnyExcept(" \t\r\n"u8);
        if (span[end] == (byte)',')
        {
            end++;
        }
        else
        {
            end = value.End;
            start = span[..start].LastIndexOf((byte)',');
        }

        _edits.Add(new(start, end - start, _edits.Count, default));
    }

    /// <summary>The changed document; the same when there are no changes.</summary>
    public ReadOnlyMemory<byte> ApplyTo(ReadOnlyMemory<byte> json)
    {
        if (IsEmpty)
        {
            return json;
        }

        var output = new ArrayBufferWriter<byte>(json.Length + 256);
        WriteTo(output, json);
        return output.WrittenMemory;
    }

    public void WriteTo(IBufferWriter<byte> output, ReadOnlyMemory<byte> json)
    {
        var span = json.Span;
        if (_edits.Count > 1)
        {
            _edits.Sort();
        }

        var position = 0;
        foreach (var edit in _edits)
        {
            output.Write(span[position..edit.Start]);
            output.Write(edit.CommaBefore ? ","u8 : default);
            output.Write(edit.Text.Span);
            output.Write(edit.CommaAfter ? ","u8 : default);
            position = edit.Start + edit.Length;
        }

        output.Write(span[position..]);
    }

    private readonly record struct Edit(
        int Start, int Length, int Order, ReadOnlyMemory<byte> Text, bool CommaBefore = false, bool CommaAfter = false) : IComparable<Edit>
    {
        // What is put in at a place comes before what is taken out there.
        public int CompareTo(Edit other) => (Start, Length > 0, Order).CompareTo((other.Start, other.Length > 0, other.Order));
    }
}
