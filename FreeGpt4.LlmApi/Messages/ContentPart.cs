using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace FreeGpt4.LlmApi.Messages;

/// <summary>
/// What a content block says, in the two kinds that a chat message can hold.
/// https://docs.anthropic.com/en/api/messages#body-messages-content
/// </summary>
/// <param name="Value">The text, or the address of the image.</param>
internal readonly record struct ContentPart(JsonText Value, bool IsImage)
{
    private static readonly string[] ImageTypes = ["image/jpeg", "image/png", "image/gif", "image/webp"];

    /// <summary>The parts of a block, unless it is of another kind than <c>text</c>, <c>image</c>, <c>document</c> or <c>search_result</c>.</summary>
    public static IReadOnlyList<ContentPart>? Read(RequestObject block, string type) => type switch
    {
        "text" => [Text(block.Text("text"))],
        "image" => [Image(block.Object("source"))],
        "document" => Document(block),
        "search_result" => SearchResult(block),
        _ => null,
    };

    /// <summary>Blocks of a place where nothing else is allowed.</summary>
    public static IEnumerable<ContentPart> ReadAll(IReadOnlyList<RequestObject> blocks) => blocks.SelectMany(block =>
        Read(block, block.Word("type")) ?? throw block.Wrong("type", $"is '{block.Word("type")}', which cannot be passed on here"));

    /// <summary>Blocks of a place where only text is allowed.</summary>
    public static IEnumerable<JsonText> ReadTexts(IReadOnlyList<RequestObject> blocks) => blocks.Select(block =>
        block.Word("type") is "text" ? (JsonText)block.Text("text") : throw block.Wrong("type", "must be 'text'"));

    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        if (IsImage)
        {
            writer.WriteString("type"u8, "image_url"u8);
            writer.WriteStartObject("image_url"u8);
            writer.WritePropertyName("url"u8);
            writer.WriteRawValue(Value.Json, skipInputValidation: true);
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteString("type"u8, "text"u8);
            writer.WritePropertyName("text"u8);
            writer.WriteRawValue(Value.Json, skipInputValidation: true);
        }

        writer.WriteEndObject();
    }

    private static ContentPart Text(JsonText text) => new(text, IsImage: false);

    private static ContentPart Image(RequestObject source)
    {
        switch (source.Word("type"))
        {
            case "base64":
                var type = source.Word("media_type");
                return ImageTypes.Contains(type)
                    ? new(DataUri(type, source), IsImage: true)
                    : throw source.Wrong("media_type", $"must be one of {string.Join(", ", ImageTypes)}");
            case "url":
                var url = source.Text("url");
                return Uri.TryCreate(url.GetString(), UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
                    ? new(url, IsImage: true)
                    : throw source.Wrong("url", "must be an http or https address");
            case var other:
                throw source.Wrong("type", $"is '{other}', which is not supported: send the image as 'base64' or by 'url'");
        }
    }

    // Megabytes: looked at where they lie, and copied once.
    private static JsonText DataUri(string type, RequestObject source)
    {
        var data = source.Name("data");
        var raw = JsonMarshal.GetRawUtf8Value(data)[1..^1];

        // JSON may escape the slash, "\/".
        var base64 = raw.Contains((byte)'\\') ? Encoding.UTF8.GetBytes(data.GetString()!) : raw;
        return Base64.IsValid(base64) && base64.IndexOfAny(" \t\r\n"u8) < 0
            ? JsonText.Quote([.. "data:"u8, .. Encoding.ASCII.GetBytes(type), .. ";base64,"u8, .. base64])
            : throw source.Wrong("data", "must be base64 without line breaks");
    }

    private static IReadOnlyList<ContentPart> Document(RequestObject block)
    {
        var source = block.Object("source");
        List<JsonText> heading = [];
        foreach (var member in (string[])["title", "context"])
        {
            if (block.TryGetText(member, out var text))
            {
                heading.Add(text);
            }
        }

        switch (source.Word("type"))
        {
            case "text":
                return [Text(JsonText.Join([.. heading, source.Text("data")]))];
            case "content" when source.TryGet("content", out var content) && content.ValueKind is JsonValueKind.String:
                return [Text(JsonText.Join([.. heading, content]))];
            case "content":
                return [.. heading.Select(Text), .. ReadAll(source.Objects("content"))];
            case var other:
                throw source.Wrong("type", $"is '{other}', which is not supported: send the document's text, as 'text'");
        }
    }

    private static IReadOnlyList<ContentPart> SearchResult(RequestObject block) =>
    [
        Text(JsonText.Join([block.Text("title"), block.Text("source"), .. ReadTexts(block.Objects("content"))])),
    ];
}
