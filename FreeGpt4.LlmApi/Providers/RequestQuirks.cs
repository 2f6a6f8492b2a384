using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Providers.Configuration;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>Makes a request suit an upstream that departs from the format. All that need not change stays byte for byte.</summary>
internal static class RequestQuirks
{
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = ModelRequest.MaxDepth };

    /// <summary>The changes that the quirks want.</summary>
    /// <param name="json">A request that was found valid.</param>
    public static void Collect(ProviderQuirks quirks, ReadOnlyMemory<byte> json, JsonEdits edits)
    {
        var reader = new Utf8JsonReader(json.Span, ReaderOptions);
        reader.Read();
        var removed = new MemberRun();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var nameStart = (int)reader.TokenStartIndex;
            var name = reader.ValueSpan.Length <= 64 ? reader.GetString() ?? "" : "";
            reader.Read();
            if (quirks.StripFields.Contains(name))
            {
                reader.Skip();
                removed.Take(nameStart, (int)reader.BytesConsumed);
                continue;
            }

            removed.EndBefore(nameStart, edits);
            if (name == "messages" && (quirks.ContentAsString || quirks.NullContentAsEmpty))
            {
                CollectMessages(ref reader, quirks, json, edits);
            }
            else
            {
                CollectValue(name, JsonSlice.Read(ref reader), quirks, json, edits);
            }

            removed.Keep((int)reader.BytesConsumed);
        }

        removed.EndAtLast(edits);
    }

    private static void CollectValue(string name, JsonSlice value, ProviderQuirks quirks, ReadOnlyMemory<byte> json, JsonEdits edits)
    {
        if (name is "max_tokens" or "max_completion_tokens"
            && quirks.MinMaxTokens is { } least
            && value.Kind is JsonTokenType.Number
            && double.TryParse(value.In(json), NumberStyles.Float, CultureInfo.InvariantCulture, out var tokens)
            && tokens < least)
        {
            edits.Replace(value, Encoding.UTF8.GetBytes(least.ToString(CultureInfo.InvariantCulture)));
        }
        else if (name is "stop" && quirks.StopAsArray && value.Kind is JsonTokenType.String)
        {
            edits.Replace(value, (byte[])[(byte)'[', .. value.In(json), (byte)']']);
        }
    }

    private static void CollectMessages(ref Utf8JsonReader reader, ProviderQuirks quirks, ReadOnlyMemory<byte> json, JsonEdits edits)
    {
        while (reader.Read() && reader.TokenType is JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
            {
                var isContent = reader.ValueTextEquals("content"u8);
                reader.Read();
                var value = JsonSlice.Read(ref reader);
                if (isContent && quirks.NullContentAsEmpty && value.Kind is JsonTokenType.Null)
                {
                    edits.Replace(value, "\"\""u8.ToArray());
                }
                else if (isContent && quirks.ContentAsString && value.Kind is JsonTokenType.StartArray && Joined(value.In(json)) is { } text)
                {
                    edits.Replace(value, text);
                }
            }
        }
    }

    /// <summary>
    /// <c>[{"type":"text","text":"a"},{"type":"text","text":"b"}]</c> as one JSON string, escapes as they came; <c>null</c> when a part is no
    /// text: then the upstream has to say what it thinks of it.
    /// </summary>
    private static byte[]? Joined(ReadOnlySpan<byte> parts)
    {
        var text = new ArrayBufferWriter<byte>(parts.Length);
        text.Write("\""u8);
        var reader = new Utf8JsonReader(parts, ReaderOptions);
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.StartObject)
        {
            ReadOnlySpan<byte> found = default;
            var isText = false;
            while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
            {
                var isType = reader.ValueTextEquals("type"u8);
                var isValue = reader.ValueTextEquals("text"u8);
                reader.Read();
                isText |= isType && reader.TokenType is JsonTokenType.String && reader.ValueTextEquals("text"u8);
                found = isValue && reader.TokenType is JsonTokenType.String ? reader.ValueSpan : found;
                reader.Skip();
            }

            if (!isText)
            {
                return null;
            }

            text.Write(text.WrittenCount > 1 && found.Length > 0 ? "\\n"u8 : default);
            text.Write(found);
        }

        text.Write("\""u8);
        return reader.TokenType is JsonTokenType.EndArray ? text.WrittenSpan.ToArray() : null;
    }

    /// <summary>Members side by side that go, together with the commas that go with them.</summary>
    private struct MemberRun
    {
        private int _start;
        private int _end;
        private int _lastKeptEnd;

        public void Take(int nameStart, int end)
        {
            _start = _end == 0 ? nameStart : _start;
            _end = end;
        }

        public void Keep(int end) => _lastKeptEnd = end;

        public void EndBefore(int nextName, JsonEdits edits)
        {
            if (_end > 0)
            {
                edits.Replace(new(_start, nextName - _start, JsonTokenType.None), default);
                _end = 0;
            }
        }

        public readonly void EndAtLast(JsonEdits edits)
        {
            if (_end > 0)
            {
                var start = _lastKeptEnd > 0 ? _lastKeptEnd : _start;
                edits.Replace(new(start, _end - start, JsonTokenType.None), default);
            }
        }
    }
}
