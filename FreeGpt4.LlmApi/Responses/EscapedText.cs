using System.Text;
using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Responses;

/// <summary>
/// A JSON string put together from pieces that are escaped already. They are never unescaped: a piece may end in the middle of
/// a surrogate pair ("\ud83d", and in the next piece "\ude00"), which no string of ours could hold.
/// </summary>
internal sealed class EscapedText
{
    private byte[] _json = "\"\""u8.ToArray();
    private int _length = 2;

    public bool IsEmpty => _length == 2;

    /// <summary>With its quotes.</summary>
    public ReadOnlySpan<byte> Json => _json.AsSpan(0, _length);

    /// <param name="escaped">The inside of a JSON string, without the quotes.</param>
    public void Append(ReadOnlySpan<byte> escaped)
    {
        var end = _length + escaped.Length;
        if (end > _json.Length)
        {
            Array.Resize(ref _json, Math.Max(end, 2 * _json.Length));
        }

        escaped.CopyTo(_json.AsSpan(_length - 1));
        _json[end - 1] = (byte)'"';
        _length = end;
    }

    /// <summary>Unescaped; as it is when that cannot be done.</summary>
    public override string ToString() => TryRead(out var text) ? text : Encoding.UTF8.GetString(Json[1..^1]);

    public bool TryRead(out string text)
    {
        try
        {
            text = JsonSerializer.Deserialize(Json, OpenAIJsonContext.Default.String) ?? "";
            return true;
        }
        catch (JsonException)
        {
            // Half a surrogate pair.
            text = "";
            return false;
        }
    }

    public void WriteTo(Utf8JsonWriter json) => json.WriteRawValue(Json, skipInputValidation: true);

    public void WriteTo(Utf8JsonWriter json, string name)
    {
        json.WritePropertyName(name);
        WriteTo(json);
    }
}
