using System.Text;
using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Providers;

namespace FreeGpt4.LlmApi.ChatCompletions;

/// <summary>
/// The <c>index</c> by which clients put the pieces of a streamed tool call together. Where an upstream gives none, as Gemini, a piece
/// with an <c>id</c> begins a call and one without goes on with the last.
/// </summary>
internal sealed class ToolCallIndexes
{
    private readonly Dictionary<int, int> _lastOfChoice = [];

    public void AddMissing(ChoiceJson choice, ReadOnlyMemory<byte> json, JsonEdits edits)
    {
        if (choice.ToolCalls.Kind is not JsonTokenType.StartArray)
        {
            return;
        }

        try
        {
            AddEach(choice, json, edits);
        }
        catch (InvalidOperationException e)
        {
            // How the reader refuses half a surrogate pair in a name. No client could read it either.
            throw new ProviderException(ProviderFailure.Answer, "sent a tool call that is not valid Unicode", e);
        }
    }

    private void AddEach(ChoiceJson choice, ReadOnlyMemory<byte> json, JsonEdits edits)
    {
        var last = _lastOfChoice.GetValueOrDefault(choice.Index, -1);
        var reader = new Utf8JsonReader(choice.ToolCalls.In(json));
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.StartObject)
        {
            var (call, index, begins) = ReadCall(ref reader, choice.ToolCalls.Start);
            last = index ?? Math.Max(0, begins ? last + 1 : last);
            if (index is null)
            {
                edits.Add(json, call, Encoding.ASCII.GetBytes($"\"index\":{last}"));
            }
        }

        _lastOfChoice[choice.Index] = last;
    }

    private static (JsonSlice Call, int? Index, bool Begins) ReadCall(ref Utf8JsonReader reader, int offset)
    {
        var start = (int)reader.TokenStartIndex;
        int? index = null;
        var begins = false;
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isIndex = reader.ValueTextEquals("index"u8);
            var isId = reader.ValueTextEquals("id"u8);
            reader.Read();
            if (isIndex && reader.TokenType is JsonTokenType.Number && reader.TryGetInt32(out var given))
            {
                index = given;
            }

            begins |= isId && reader.TokenType is JsonTokenType.String && !reader.ValueSpan.IsEmpty;
            reader.Skip();
        }

        return (new(offset + start, (int)reader.BytesConsumed - start, JsonTokenType.StartObject), index, begins);
    }
}
