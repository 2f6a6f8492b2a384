using System.Buffers;
using System.Text;
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

    // What else there may be says the same again, such as "reasoning_details", or is not the model's.
    private static readonly byte[][] Members =
        [.. new[] { "content", "tool_calls", "reasoning_content", "reasoning", "refusal" }.Select(Encoding.ASCII.GetBytes)];

    private readonly TokenTally _tally = new();
    private readonly ArrayBufferWriter<byte>?[] _said = new ArrayBufferWriter<byte>?[Members.Length];

    /// <param name="answer">A whole one, or the next chunk.</param>
    public void Add(AnswerJson answer)
    {
        foreach (var choice in answer.Choices)
        {
            var content = choice.Content.In(answer.Json);
            if (choice.Content.Kind is JsonTokenType.StartObject)
            {
                Add(content);
            }
            else if (choice.Content.Kind is JsonTokenType.String)
            {
                // A text completion's.
                var reader = new Utf8JsonReader(content);
                reader.Read();
                AddStrings(ref reader, _said[0] ??= new());
            }
        }
    }

    public long Count()
    {
        foreach (var said in _said)
        {
            CountWhatGathered(said);
        }

        return _tally.Total;
    }

    private void Add(ReadOnlySpan<byte> content)
    {
        var reader = new Utf8JsonReader(content);
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var member = 0;
            while (member < Members.Length && !reader.ValueTextEquals(Members[member]))
            {
                member++;
            }

            reader.Read();
            if (member < Members.Length && reader.TokenType is JsonTokenType.String or JsonTokenType.StartArray)
            {
                AddStrings(ref reader, _said[member] ??= new());
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private void AddStrings(ref Utf8JsonReader reader, ArrayBufferWriter<byte> said)
    {
        if (reader.TokenType is JsonTokenType.String)
        {
            said.Write(reader.ValueSpan);
        }
        else
        {
            var depth = reader.CurrentDepth;
            while (reader.Read() && reader.CurrentDepth > depth)
            {
                if (reader.TokenType is JsonTokenType.String)
                {
                    said.Write(reader.ValueSpan);
                }
                else if (reader.TokenType is JsonTokenType.PropertyName && IsForm(reader.ValueSpan))
                {
                    reader.Read();
                    reader.Skip();
                }
            }
        }

        if (said.WrittenCount >= Gathered)
        {
            CountWhatGathered(said);
        }
    }

    // As it stands: the reader refuses to look into a name with half a character, "\ud83d".
    private static bool IsForm(ReadOnlySpan<byte> name) => name.SequenceEqual("id"u8) || name.SequenceEqual("type"u8);

    private void CountWhatGathered(ArrayBufferWriter<byte>? said)
    {
        if (said is { WrittenCount: > 0 })
        {
            _tally.AddString(said.WrittenSpan);
            said.ResetWrittenCount();
        }
    }
}
