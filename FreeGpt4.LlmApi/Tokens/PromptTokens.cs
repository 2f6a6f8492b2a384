using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Tokens;

/// <summary>
/// Estimates the tokens of a prompt: the texts, names and arguments of all messages, three more for each message and three for the
/// answer's beginning (https://github.com/openai/openai-cookbook, "How to count tokens"), and the tools as they stand. An image, a
/// sound or a file counts as <see cref="Attachment"/>, which is what a large image costs: its size is not looked at.
/// </summary>
internal static class PromptTokens
{
    private const int Attachment = 1600;
    private const int Message = 3;
    private const int Priming = 3;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = ChatCompletionRequest.MaxDepth };

    public static long Count(ChatCompletionRequest request)
    {
        var tally = new TokenTally();
        tally.Add(Priming);
        var reader = new Utf8JsonReader(request.Json.Span, Options);
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("messages"u8))
            {
                reader.Read();
                CountMessages(ref reader, tally);
            }
            else if (reader.ValueTextEquals("tools"u8) || reader.ValueTextEquals("functions"u8) || reader.ValueTextEquals("response_format"u8))
            {
                reader.Read();
                tally.AddText(JsonSlice.Read(ref reader).In(request.Json));
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return tally.Total;
    }

    private static void CountMessages(ref Utf8JsonReader reader, TokenTally tally)
    {
        var depth = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType is JsonTokenType.StartObject && reader.CurrentDepth == depth + 1)
            {
                tally.Add(Message);
            }
            else if (reader.TokenType is JsonTokenType.PropertyName)
            {
                CountMember(ref reader, tally);
            }
            else if (reader.TokenType is JsonTokenType.String)
            {
                tally.AddString(reader.ValueSpan);
            }
        }
    }

    private static void CountMember(ref Utf8JsonReader reader, TokenTally tally)
    {
        var isAttachment = reader.ValueTextEquals("image_url"u8) || reader.ValueTextEquals("input_audio"u8) || reader.ValueTextEquals("file"u8);
        var isForm = reader.ValueTextEquals("role"u8) || reader.ValueTextEquals("type"u8)
            || reader.ValueTextEquals("id"u8) || reader.ValueTextEquals("tool_call_id"u8);
        if (!isAttachment && !isForm)
        {
            return;
        }

        reader.Read();
        if (isAttachment && reader.TokenType is JsonTokenType.StartObject)
        {
            tally.Add(Attachment);
        }

        reader.Skip();
    }
}
