using System.Text.Json;

namespace FreeGpt4.LlmApi.Responses.Request;

/// <summary>Values of the request that are written as the caller wrote them: number formats, escapes, order of members.</summary>
internal static class RawJson
{
    public static void WriteRaw(this Utf8JsonWriter json, string name, RequestField value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(value.Raw, skipInputValidation: true);
    }

    /// <param name="check">Throws when it is not what it has to be.</param>
    public static void WriteIfGiven(
        this Utf8JsonWriter json, string name, RequestField value, Func<RequestField, RequestField>? check = null)
    {
        if (value.IsGiven)
        {
            json.WriteRaw(name, check is null ? value : check(value));
        }
    }

    /// <summary>One string of several, without a look inside: half a surrogate pair stays what it was.</summary>
    public static void WriteJoined(this Utf8JsonWriter json, IReadOnlyList<RequestField> texts, ReadOnlySpan<byte> separator)
    {
        var joined = new EscapedText();
        for (var i = 0; i < texts.Count; i++)
        {
            if (i > 0)
            {
                joined.Append(separator);
            }

            joined.Append(texts[i].Raw[1..^1]);
        }

        joined.WriteTo(json);
    }
}
