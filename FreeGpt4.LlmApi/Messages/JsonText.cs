using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace FreeGpt4.LlmApi.Messages;

/// <summary>A JSON string, quotes and escapes and all, to be written again as it was read or as it was put together.</summary>
internal readonly struct JsonText
{
    private readonly JsonElement _read;
    private readonly byte[]? _made;

    private JsonText(JsonElement read) => _read = read;

    private JsonText(byte[] made) => _made = made;

    /// <summary>With the quotes.</summary>
    public ReadOnlySpan<byte> Json => _made ?? JsonMarshal.GetRawUtf8Value(_read);

    /// <summary>Without the quotes.</summary>
    public ReadOnlySpan<byte> Inner => Json[1..^1];

    public static implicit operator JsonText(JsonElement text) => new(text);

    /// <summary>To be kept when the document it was read from is gone.</summary>
    public JsonText Copy() => new(Json.ToArray());

    /// <summary>An empty line between one and the next.</summary>
    public static JsonText Join(IReadOnlyList<JsonText> texts)
    {
        if (texts is [var only])
        {
            return only;
        }

        var inner = new ArrayBufferWriter<byte>();
        for (var i = 0; i < texts.Count; i++)
        {
            inner.Write(i > 0 ? @"\n\n"u8 : default);
            inner.Write(texts[i].Inner);
        }

        return Quote(inner.WrittenSpan);
    }

    /// <summary>A text before another.</summary>
    /// <param name="prefix">Has nothing in it that JSON would escape.</param>
    public static JsonText Concat(ReadOnlySpan<byte> prefix, JsonText text) => new([(byte)'"', .. prefix, .. text.Json[1..]]);

    /// <param name="inner">Escaped as JSON wants it.</param>
    public static JsonText Quote(ReadOnlySpan<byte> inner) => new([(byte)'"', .. inner, (byte)'"']);
}
