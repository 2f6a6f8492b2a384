using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FreeGpt4.LlmApi.Conversations;

/// <summary>A conversation in a list.</summary>
internal sealed record ConversationSummary(
    Guid Id, string Title, string? Model, int MessageCount, long Size, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <param name="Data">Those that were changed last come first.</param>
/// <param name="NextCursor">For the next page; <c>null</c> when this was the last.</param>
/// <param name="Owner">See <see cref="ConversationOwner.MarkOf"/>.</param>
internal sealed record ConversationPage(IReadOnlyList<ConversationSummary> Data, string? NextCursor, string Owner);

internal sealed record ConversationReply(
    Guid Id,
    string Title,
    string? Model,
    string? SystemPrompt,
    [property: JsonConverter(typeof(StoredJson))] string? Parameters,
    int MessageCount,
    long Size,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    IReadOnlyList<MessageReply> Messages)
{
    public static ConversationReply Of(Conversation one) => new(
        one.Id, one.Title, one.Model, one.SystemPrompt, one.Parameters, one.MessageCount, one.Size, one.CreatedAt, one.UpdatedAt,
        [.. one.Messages.OrderBy(message => message.Position).Select(MessageReply.Of)]);
}

internal sealed record MessageReply(
    Guid Id,
    int Position,
    string Role,
    [property: JsonConverter(typeof(StoredJson))] string Content,
    [property: JsonConverter(typeof(StoredJson))] string? Details,
    DateTimeOffset CreatedAt)
{
    public static MessageReply Of(ConversationMessage one) => new(one.Id, one.Position, one.Role, one.Content, one.Details, one.CreatedAt);
}

/// <param name="Deleted">How many conversations.</param>
internal sealed record DeletedReply(int Deleted);

/// <summary>Text that is JSON already.</summary>
internal sealed class StoredJson : JsonConverter<string>
{
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteRawValue(value, skipInputValidation: true);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ConversationPage))]
[JsonSerializable(typeof(ConversationReply))]
[JsonSerializable(typeof(DeletedReply))]
internal sealed partial class ConversationJson : JsonSerializerContext
{
    /// <summary>It is never part of a page, so that "it's" need not be escaped.</summary>
    public static ConversationJson Wire { get; } = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
