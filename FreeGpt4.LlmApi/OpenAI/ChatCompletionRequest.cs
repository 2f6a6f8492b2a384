using System.Text.Json;

namespace FreeGpt4.LlmApi.OpenAI;

internal sealed class ChatCompletionRequest : ModelRequest
{
    private ChatCompletionRequest(ReadOnlyMemory<byte> json)
        : base(Operation.Chat, json)
    {
    }

    /// <exception cref="InvalidRequestException">The body is no chat request.</exception>
    public static ChatCompletionRequest Parse(ReadOnlyMemory<byte> json) => Read(new ChatCompletionRequest(json));

    /// <summary>A request of our own: one question, before it what was said before, and before all instructions when there are any.</summary>
    public static ChatCompletionRequest Ask(string model, string? instructions, string question, params IEnumerable<ChatMessage> before)
    {
        var user = new ChatMessage("user", question);
        IReadOnlyList<ChatMessage> messages = instructions is null ? [.. before, user] : [new("system", instructions), .. before, user];
        return Parse(JsonSerializer.SerializeToUtf8Bytes(new(model, messages), OpenAIJsonContext.Wire.ChatQuestion));
    }

    protected override void ReadInput(ref Utf8JsonReader reader)
    {
        var count = 0;
        if (reader.TokenType is JsonTokenType.StartArray)
        {
            for (; reader.Read() && reader.TokenType is not JsonTokenType.EndArray; count++)
            {
                if (!HasRole(ref reader))
                {
                    var param = $"messages[{count}]";
                    throw new InvalidRequestException($"'{param}' must be an object with a 'role'.", param);
                }
            }
        }

        if (count == 0)
        {
            throw new InvalidRequestException("'messages' must be an array with at least one message.", "messages");
        }
    }

    private static bool HasRole(ref Utf8JsonReader reader)
    {
        var found = false;
        if (reader.TokenType is JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
            {
                var isRole = reader.ValueTextEquals("role"u8);
                reader.Read();
                found |= isRole && reader.TokenType is JsonTokenType.String;
                reader.Skip();
            }
        }

        return found;
    }
}
