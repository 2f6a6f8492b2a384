using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Tokens;

/// <summary>
/// Estimates the tokens of a prompt: the texts, names and arguments of all messages, four more for each message and three for the
/// answer's beginning (https://github.com/openai/openai-cookbook, "How to count tokens"), and the tools as they stand. An image, a
/// sound or a file counts as <see cref="Attachment"/>, which is what a large image costs: its size is not looked at. The prompt of a
/// text completion is its text, or as many tokens as it has.
/// </summary>
internal static class PromptTokens
{
    private const int Attachment = 1600;
    private const int Message = 4;
    private const int Priming = 3;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = ModelRequest.MaxDepth };

    public static long Count(ModelRequest request) => Count(request, new TokenTally());

    /// <summary>By lengths alone.</summary>
    public static long Guess(ModelRequest request) => Count(request, new TokenTally(isGuess: true));

    private static long Count(ModelRequest request, TokenTally tally)
    {
        var isChat = request.Operation == Operation.Chat;
        tally.Add(isChat ? Priming : 0);
        var reader = new Utf8JsonReader(request.Json.Span, Options);
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(request.Operation.Input))
            {
                reader.Read();
                CountInput(ref reader, isChat, tally);
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

    private static void CountInput(ref Utf8JsonReader reader, bool isChat, TokenTally tally)
    {
        if (reader.TokenType is JsonTokenType.String)
        {
            tally.AddString(reader.ValueSpan);
        }
        else if (reader.TokenType is JsonTokenType.StartArray)
        {
            CountList(ref reader, isChat, tally);
        }
    }

    private static void CountList(ref Utf8JsonReader reader, bool isChat, TokenTally tally)
    {
        var depth = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject when isChat && reader.CurrentDepth == depth + 1:
                    tally.Add(Message);
                    break;
                case JsonTokenType.PropertyName:
                    CountMember(ref reader, tally);
                    break;
                case JsonTokenType.String:
                    tally.AddString(reader.ValueSpan);
                    break;
                case JsonTokenType.Number when !isChat:
                    tally.Add(1);
                    break;
            }
        }
    }

    private static void CountMember(ref Utf8JsonReader reader, TokenTally tally)
    {
        // As it stands: the reader refuses to look into a name with half a character, "\ud83d".
        var name = reader.ValueSpan;
        var isAttachment = name.SequenceEqual("image_url"u8) || name.SequenceEqual("input_audio"u8) || name.SequenceEqual("file"u8);
        var isForm = name.SequenceEqual("role"u8) || name.SequenceEqual("type"u8)
            || name.SequenceEqual("id"u8) || name.SequenceEqual("tool_call_id"u8);
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
