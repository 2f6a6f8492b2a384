using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Responses.Request;

/// <summary>The content of messages, here and in chat: a string, or parts of several types.</summary>
internal static class MessageContent
{
    public static bool IsText(RequestField part) => part["type"].Text() is "input_text" or "output_text" or "text";

    /// <exception cref="InvalidRequestException">Not a part with text.</exception>
    public static RequestField Text(RequestField part) =>
        IsText(part.Object()) ? part["text"].RawText() : throw NotSupported(part, "input_text or output_text");

    /// <summary>For roles that can only speak.</summary>
    public static IReadOnlyList<RequestField> Texts(RequestField content) => content switch
    {
        { IsText: true } => [content],
        { IsArray: true } => [.. content.Items().Select(Text)],
        _ => throw content.Wrong("a string or an array of parts"),
    };

    public static void WriteMessage(this Utf8JsonWriter json, string role, IReadOnlyList<RequestField> texts)
    {
        json.WriteStartObject();
        json.WriteString("role", role);
        json.WritePropertyName("content");
        json.WriteJoined(texts, @"\n\n"u8);
        json.WriteEndObject();
    }

    public static void WriteUser(this Utf8JsonWriter json, RequestField content)
    {
        if (content.IsText)
        {
            json.WriteMessage("user", [content]);
            return;
        }

        var parts = content.IsArray ? content.Items().ToList() : throw content.Wrong("a string or an array of parts");
        if (parts.Count == 1 && IsText(parts[0].Object()))
        {
            // The simple form: some upstreams take no other.
            json.WriteMessage("user", [parts[0]["text"].RawText()]);
            return;
        }

        if (parts.Count == 0)
        {
            throw content.Wrong("a string or an array with at least one part");
        }

        json.WriteUser(parts);
    }

    public static void WriteUser(this Utf8JsonWriter json, IEnumerable<RequestField> parts)
    {
        json.WriteStartObject();
        json.WriteString("role", "user");
        json.WriteStartArray("content");
        foreach (var part in parts)
        {
            json.WriteStartObject();
            WritePart(json, part.Object());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WritePart(Utf8JsonWriter json, RequestField part)
    {
        switch (part["type"].Text())
        {
            case "input_text" or "output_text" or "text":
                json.WriteString("type", "text");
                json.WriteRaw("text", part["text"].RawText());
                break;
            case "input_image":
                RefuseReference(part["file_id"], "no file is stored here; send the image in 'image_url', as a URL or as data:image/…;base64,…");
                json.WriteString("type", "image_url");
                json.WriteStartObject("image_url");
                json.WriteRaw("url", part["image_url"].RawText());
                WriteDetail(json, part["detail"]);
                json.WriteEndObject();
                break;
            case "input_file":
                RefuseReference(part["file_id"], "no file is stored here; send the file in 'file_data'");
                RefuseReference(part["file_url"], "files are not fetched here; send the file in 'file_data'");
                json.WriteString("type", "file");
                json.WriteStartObject("file");
                json.WriteIfGiven("filename", part["filename"], name => name.RawText());
                json.WriteRaw("file_data", part["file_data"].RawText());
                json.WriteEndObject();
                break;
            case "input_audio":
                json.WriteString("type", "input_audio");
                json.WriteRaw("input_audio", part["input_audio"].Object());
                break;
            default:
                throw NotSupported(part, "input_text, input_image, input_file or input_audio");
        }
    }

    // Chat has no "original"; the next best is "high".
    private static void WriteDetail(Utf8JsonWriter json, RequestField detail)
    {
        if (detail.IsGiven && detail.Text() is "original")
        {
            json.WriteString("detail", "high");
        }
        else
        {
            json.WriteIfGiven("detail", detail);
        }
    }

    private static void RefuseReference(RequestField reference, string whatToDo)
    {
        if (reference.IsGiven)
        {
            throw new InvalidRequestException($"'{reference.Path}' is not supported: {whatToDo}.", reference.Path, "unsupported_parameter");
        }
    }

    private static InvalidRequestException NotSupported(RequestField part, string supported) => part["type"].Wrong(supported);
}
