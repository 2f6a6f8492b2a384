using System.Runtime.InteropServices;
using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Messages;

/// <summary>
/// Writes <c>system</c> and <c>messages</c> as chat messages. What a chat has no place for is moved or said otherwise: results of
/// tools become messages of their own, directly after the calls; images in them go into the user's message after those; that a tool
/// failed is said in words. Earlier thinking is left out, and <c>cache_control</c> has no meaning here.
/// </summary>
internal sealed class ChatMessages(Utf8JsonWriter writer)
{
    public void WriteSystem(RequestObject request)
    {
        if (request.TryGet("system", out var system))
        {
            var texts = Texts(request, "system", system);
            if (texts.Count > 0)
            {
                WriteMessage("system"u8, JsonText.Join(texts));
            }
        }
    }

    public void Write(RequestObject message)
    {
        var role = message.Word("role");
        var content = message.Required("content");
        switch (role)
        {
            case "user":
                WriteUser(message, content);
                break;
            case "assistant":
                WriteAssistant(message, content);
                break;
            case "system":
                WriteMessage("system"u8, JsonText.Join(Texts(message, "content", content)));
                break;
            default:
                throw message.Wrong("role", "must be 'user', 'assistant' or 'system'");
        }
    }

    private void WriteUser(RequestObject message, JsonElement content)
    {
        if (content.ValueKind is JsonValueKind.String)
        {
            WriteMessage("user"u8, content);
            return;
        }

        List<ContentPart> parts = [];
        List<ContentPart> shownByTools = [];
        foreach (var block in Blocks(message))
        {
            var type = block.Word("type");
            switch (type)
            {
                case "tool_result":
                    shownByTools.AddRange(WriteToolResult(block));
                    break;
                case "mid_conv_system":
                    parts.AddRange(ContentPart.ReadTexts(block.Objects("content")).Select(text => new ContentPart(text, IsImage: false)));
                    break;
                default:
                    parts.AddRange(ContentPart.Read(block, type)
                        ?? throw NotSupported(block, type, "text, image, document, search_result and tool_result"));
                    break;
            }
        }

        WriteParts([.. shownByTools, .. parts]);
    }

    private void WriteAssistant(RequestObject message, JsonElement content)
    {
        if (content.ValueKind is JsonValueKind.String)
        {
            WriteMessage("assistant"u8, content);
            return;
        }

        List<JsonText> texts = [];
        List<RequestObject> calls = [];
        foreach (var block in Blocks(message))
        {
            var type = block.Word("type");
            switch (type)
            {
                case "text":
                    texts.Add(block.Text("text"));
                    break;
                case "tool_use":
                    calls.Add(block);
                    break;
                case "thinking" or "redacted_thinking":
                    break;
                default:
                    throw NotSupported(block, type, "text, tool_use, thinking and redacted_thinking");
            }
        }

        if (texts.Count + calls.Count > 0)
        {
            WriteAssistant(texts, calls);
        }
    }

    private void WriteAssistant(List<JsonText> texts, List<RequestObject> calls)
    {
        writer.WriteStartObject();
        writer.WriteString("role"u8, "assistant"u8);
        if (texts.Count > 0)
        {
            WriteRaw("content"u8, JsonText.Join(texts));
        }
        else
        {
            writer.WriteNull("content"u8);
        }

        if (calls.Count > 0)
        {
            writer.WriteStartArray("tool_calls"u8);
            foreach (var call in calls)
            {
                WriteToolCall(call);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private void WriteToolCall(RequestObject call)
    {
        writer.WriteStartObject();
        WriteRaw("id"u8, call.Name("id"));
        writer.WriteString("type"u8, "function"u8);
        writer.WriteStartObject("function"u8);
        WriteRaw("name"u8, call.Name("name"));
        writer.WriteString("arguments"u8, JsonMarshal.GetRawUtf8Value(call.ObjectJson("input")));
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <returns>The images, for which a tool's message has no place.</returns>
    private ContentPart[] WriteToolResult(RequestObject block)
    {
        var parts = !block.TryGet("content", out var content) ? []
            : content.ValueKind is JsonValueKind.String ? [new(content, IsImage: false)]
            : ContentPart.ReadAll(block.Objects("content")).ToList();
        ContentPart[] images = [.. parts.Where(part => part.IsImage)];
        List<JsonText> texts = [.. parts.Where(part => !part.IsImage).Select(part => part.Value)];
        if (images.Length > 0)
        {
            texts.Add(JsonText.Quote("The image is in the next message of the user."u8));
        }

        var text = texts.Count > 0 ? JsonText.Join(texts) : JsonText.Quote(""u8);
        writer.WriteStartObject();
        writer.WriteString("role"u8, "tool"u8);
        WriteRaw("tool_call_id"u8, block.Name("tool_use_id"));
        WriteRaw("content"u8, block.Flag("is_error") ? JsonText.Concat("Error: "u8, text) : text);
        writer.WriteEndObject();
        return images;
    }

    /// <summary>One text is a plain string, which every server takes; more are parts, so that they stay apart.</summary>
    private void WriteParts(IReadOnlyList<ContentPart> parts)
    {
        switch (parts)
        {
            case []:
                break;
            case [{ IsImage: false } text]:
                WriteMessage("user"u8, text.Value);
                break;
            default:
                writer.WriteStartObject();
                writer.WriteString("role"u8, "user"u8);
                writer.WriteStartArray("content"u8);
                foreach (var part in parts)
                {
                    part.WriteTo(writer);
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
                break;
        }
    }

    private void WriteMessage(ReadOnlySpan<byte> role, JsonText content)
    {
        writer.WriteStartObject();
        writer.WriteString("role"u8, role);
        WriteRaw("content"u8, content);
        writer.WriteEndObject();
    }

    private void WriteRaw(ReadOnlySpan<byte> name, JsonText value)
    {
        writer.WritePropertyName(name);
        writer.WriteRawValue(value.Json, skipInputValidation: true);
    }

    private static IReadOnlyList<RequestObject> Blocks(RequestObject message) =>
        message.Required("content").ValueKind is JsonValueKind.Array
            ? message.Objects("content")
            : throw message.Wrong("content", "must be a string or an array of content blocks");

    private static IReadOnlyList<JsonText> Texts(RequestObject owner, string member, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value],
        JsonValueKind.Array => [.. ContentPart.ReadTexts(owner.Objects(member))],
        _ => throw owner.Wrong(member, "must be a string or an array of text blocks"),
    };

    private static InvalidRequestException NotSupported(RequestObject block, string type, string supported) =>
        block.Wrong("type", $"is '{type}', which is not supported in this role: {supported} are");
}
