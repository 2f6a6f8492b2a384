using System.Text.Json;

namespace FreeGpt4.LlmApi.OpenAI;

/// <summary>A request about text that is no chat: to complete it, or for its embedding.</summary>
internal sealed class TextRequest : ModelRequest
{
    private TextRequest(Operation operation, ReadOnlyMemory<byte> json)
        : base(operation, json)
    {
    }

    /// <exception cref="InvalidRequestException">The body is no request for the operation.</exception>
    public static TextRequest Parse(Operation operation, ReadOnlyMemory<byte> json) =>
        Read(new TextRequest(operation, json));

    // One text, texts, the tokens of one text, or those of texts.
    protected override void ReadInput(ref Utf8JsonReader reader)
    {
        // The schema lets a prompt be null: a text from the beginning.
        var isNoPrompt = reader.TokenType is JsonTokenType.Null && Operation == Operation.Completions;
        if (reader.TokenType is JsonTokenType.String || isNoPrompt)
        {
            return;
        }

        if (reader.TokenType is not JsonTokenType.StartArray || !reader.Read() || reader.TokenType is JsonTokenType.EndArray)
        {
            throw Wrong("");
        }

        var kind = reader.TokenType;
        var count = 0;
        for (; reader.TokenType is not JsonTokenType.EndArray; count++, reader.Read())
        {
            var isRight = reader.TokenType == kind && kind switch
            {
                JsonTokenType.String => true,
                JsonTokenType.Number => IsToken(ref reader),
                JsonTokenType.StartArray => AreTokens(ref reader),
                _ => false,
            };
            if (!isRight)
            {
                throw Wrong($"[{count}]");
            }
        }

        Inputs = kind is JsonTokenType.Number ? 1 : count;
    }

    private static bool AreTokens(ref Utf8JsonReader reader)
    {
        var count = 0;
        for (; reader.Read() && reader.TokenType is not JsonTokenType.EndArray; count++)
        {
            if (!IsToken(ref reader))
            {
                return false;
            }
        }

        return count > 0;
    }

    private static bool IsToken(ref Utf8JsonReader reader) =>
        reader.TokenType is JsonTokenType.Number && reader.TryGetInt32(out var token) && token >= 0;

    private InvalidRequestException Wrong(string index) => new(
        $"'{Operation.Input}' must be a string, an array of strings, an array of token numbers or an array of such arrays.",
        $"{Operation.Input}{index}");
}
