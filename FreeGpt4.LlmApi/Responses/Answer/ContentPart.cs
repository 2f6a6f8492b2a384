using System.Text.Json;

namespace FreeGpt4.LlmApi.Responses.Answer;

internal enum PartKind
{
    Text,
    Refusal,
    Reasoning,
}

/// <summary>A part of an item's content.</summary>
/// <param name="index">Its place in the item.</param>
internal sealed class ContentPart(PartKind kind, int index)
{
    private readonly List<ReadOnlyMemory<byte>> _logProbs = [];

    public PartKind Kind { get; } = kind;

    public int Index { get; } = index;

    public EscapedText Text { get; } = new();

    /// <param name="logProbs">One entry for each token of the piece that comes with it.</param>
    public void Append(ReadOnlySpan<byte> escaped, IReadOnlyList<ReadOnlyMemory<byte>> logProbs)
    {
        Text.Append(escaped);
        _logProbs.AddRange(logProbs);
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        switch (Kind)
        {
            case PartKind.Text:
                json.WriteString("type", "output_text");
                Text.WriteTo(json, "text");
                json.WriteStartArray("annotations");
                json.WriteEndArray();
                WriteLogProbs(json);
                break;
            case PartKind.Refusal:
                json.WriteString("type", "refusal");
                Text.WriteTo(json, "refusal");
                break;
            default:
                json.WriteString("type", "reasoning_text");
                Text.WriteTo(json, "text");
                break;
        }

        json.WriteEndObject();
    }

    public void WriteLogProbs(Utf8JsonWriter json) => LogProbs.Write(json, _logProbs);
}
