using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Conversations;

/// <summary>Conversations as a file to keep. One at a time is in memory, however many there are.</summary>
internal static class ConversationExport
{
    private const int Version = 1;

    public static async Task WriteAsync(HttpContext context, ConversationStore store, string? owner)
    {
        var ids = owner is null ? [] : await store.IdsAsync(owner, context.RequestAborted);
        await WriteAsync(context, "conversations", async writer =>
        {
            foreach (var id in ids)
            {
                try
                {
                    Write(writer, await store.ReadAsync(owner!, id, context.RequestAborted));
                }
                catch (InvalidRequestException)
                {
                    // Deleted meanwhile.
                    continue;
                }

                await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
            }
        });
    }

    public static Task WriteAsync(HttpContext context, Conversation conversation) => WriteAsync(context, $"conversation-{conversation.Id}", writer =>
    {
        Write(writer, conversation);
        return Task.CompletedTask;
    });

    private static async Task WriteAsync(HttpContext context, string name, Func<Utf8JsonWriter, Task> write)
    {
        context.Response.ContentType = "application/json";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"freegpt4-{name}.json\"";
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter, OpenAIJsonContext.WireOptions);
        writer.WriteStartObject();
        writer.WriteNumber("version", Version);
        writer.WriteStartArray("conversations");
        await write(writer);
        writer.WriteEndArray();
        writer.WriteEndObject();
        await writer.FlushAsync(context.RequestAborted);
    }

    private static void Write(Utf8JsonWriter writer, Conversation conversation) =>
        JsonSerializer.Serialize(writer, ConversationReply.Of(conversation), ConversationJson.Wire.ConversationReply);
}
