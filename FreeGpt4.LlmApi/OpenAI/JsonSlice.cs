using System.Text.Json;

namespace FreeGpt4.LlmApi.OpenAI;

/// <summary>Where a value lies in a UTF-8 JSON document, so that it can be compared, replaced or passed on byte for byte.</summary>
internal readonly record struct JsonSlice(int Start, int Length, JsonTokenType Kind)
{
    public int End => Start + Length;

    public bool IsMissing => Length == 0;

    public bool IsMissingOrNull => IsMissing || Kind is JsonTokenType.Null;

    public bool IsText => Kind is JsonTokenType.String && Length > 2;

    public ReadOnlySpan<byte> In(ReadOnlyMemory<byte> json) => json.Span.Slice(Start, Length);

    /// <summary>Takes the whole value that the reader stands on and leaves the reader on its last token.</summary>
    public static JsonSlice Read(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        var kind = reader.TokenType;
        reader.Skip();
        return new(start, (int)reader.BytesConsumed - start, kind);
    }
}
