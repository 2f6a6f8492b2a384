using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Responses.Request;

namespace FreeGpt4.LlmApi.Responses;

/// <summary>
/// The free text that a custom tool takes. Upstreams know functions only, so there it is the one argument of a function:
/// <c>{"input":"…"}</c>, which in turn is a string of JSON.
/// </summary>
internal static class CustomInput
{
    /// <summary>The schema of the function.</summary>
    public const string Parameters =
        """{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}""";

    private const string Argument = "input";

    /// <returns>The arguments as a JSON string, quotes included.</returns>
    public static byte[] Wrap(RequestField input) => JsonSerializer.SerializeToUtf8Bytes(
        $$"""{"{{Argument}}":{{JsonSerializer.Serialize(input.Text(), OpenAIJsonContext.Wire.String)}}}""", OpenAIJsonContext.Wire.String);

    /// <param name="arguments">JSON, if the model kept to the form.</param>
    /// <returns>The text, or else the arguments, as a JSON string.</returns>
    public static byte[] Unwrap(string arguments)
    {
        var text = arguments;
        try
        {
            using var document = JsonDocument.Parse(arguments);
            if (document.RootElement.ValueKind is JsonValueKind.Object
                && document.RootElement.TryGetProperty(Argument, out var input)
                && input.ValueKind is JsonValueKind.String)
            {
                text = input.GetString() ?? "";
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or half a surrogate pair.
        }

        return JsonSerializer.SerializeToUtf8Bytes(text, OpenAIJsonContext.Wire.String);
    }
}
