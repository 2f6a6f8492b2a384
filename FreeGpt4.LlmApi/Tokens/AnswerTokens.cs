using System.Buffers;
using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Tokens;

/// <summary>
/// Estimates the tokens of an answer: all that was said in it, reasoning, refusals and the calls of tools included. Chunks are put
/// together first, because two halves of a word are more tokens than the word. Adding is cheap; counting is not, and is only done
/// when it turns out that the upstream gives no figures, or when much has gathered.
/// </summary>
internal sealed class AnswerTokens
{
    private const int Gathered = 256 * 1024;

    private readonly TokenTally _tally = new();
    private readonly ArrayBufferWriter<byte> _said = new();

    /// <param name="answer">A whole one, or the next chunk.</param>
    public void Add(AnswerJson answer)
    {
        foreach (var choice in answer.Choices)
        {
            if (choice.Content.Kind is JsonTokenType.StartObject)
            {
                Add(choice.Content.In(answer.Json));
            }
        }
    }

    public long Count()
    {
        _tally.AddString(_said.WrittenSpan);
        _said.ResetWrittenCount();
        return _tally.Total;
    }

    private void Add(ReadOnlySpan<byte> content)
    {
        var reader = new Utf8JsonReader(content);
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isSaid = IsSaid(ref reader);
            reader.Read();
            if (isSaid)
            {
                AddStrings(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        if (_said.WrittenCount >= Gathered)
        {
            Count();
        }
    }

    private void AddStrings(ref Utf8JsonReader reader)
    {
        var depth = reader.CurrentDepth;
        do
        {
            if (reader.TokenType is JsonTokenType.String)
            {
                _said.Write(reader.ValueSpan);
            }
            else if (reader.TokenType is JsonTokenType.PropertyName && (reader.ValueTextEquals("id"u8) || reader.ValueTextEquals("type"u8)))
            {
                reader.Read();
            }
        }
        while (reader.CurrentDepth > depth && reader.Read());
    }

    // What else there is says the same again, such as "reasoning_details", or is not the model's.
    private static bool IsSaid(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("content"u8)
        || reader.ValueTextEquals("tool_calls"u8)
        || reader.ValueTextEquals("reasoning_content"u8)
        || reader.ValueTextEquals("reasoning"u8)
        || reader.ValueTextEquals("refusal"u8);
}
