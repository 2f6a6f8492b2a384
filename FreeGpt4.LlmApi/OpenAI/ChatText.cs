using System.Text.Json;
using System.Text.Json.Serialization;

namespace FreeGpt4.LlmApi.OpenAI;

/// <summary>A chat as plain text, for those who take nothing else: images, tool calls and whatever is no text are left out.</summary>
internal static partial class ChatText
{
    /// <param name="messages"><see cref="ModelRequest.Input"/> of a chat.</param>
    public static IReadOnlyList<(string Role, string Text)> Read(ReadOnlySpan<byte> messages) =>
        [.. (JsonSerializer.Deserialize(messages, MessagesJsonContext.Default.IReadOnlyListMessage) ?? [])
            .Select(message => (TextOf(message.Role), TextOf(message.Content)))];

    // "content" is a string, or parts such as {"type":"text","text":…} and images, or null.
    private static string TextOf(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => Unescaped(content),
        JsonValueKind.Array => string.Join(' ', content.EnumerateArray().Select(TextOfPart)),
        _ => "",
    };

    private static string? TextOfPart(JsonElement part) =>
        part.ValueKind is JsonValueKind.Object && part.TryGetProperty("text", out var text) && text.ValueKind is JsonValueKind.String
            ? Unescaped(text)
            : null;

    // JSON may escape half a character ("\ud800"), which no string of ours can hold.
    private static string Unescaped(JsonElement text)
    {
        try
        {
            return text.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            return text.GetRawText();
        }
    }

    private sealed record Message(JsonElement Role, JsonElement Content);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, MaxDepth = ModelRequest.MaxDepth)]
    [JsonSerializable(typeof(IReadOnlyList<Message>))]
    private sealed partial class MessagesJsonContext : JsonSerializerContext;
}
