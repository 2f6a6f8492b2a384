using System.Runtime.InteropServices;
using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Responses.Request;

/// <summary>A value of the request and where it stands, so that an error can name it: <c>input[2].content[0].text</c>.</summary>
/// <param name="Value">Undefined when the member is not there.</param>
internal readonly record struct RequestField(JsonElement Value, string Path)
{
    private const int LongestShown = 40;

    /// <summary>There, and not <c>null</c>.</summary>
    public bool IsGiven => Value.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    public bool IsText => Value.ValueKind is JsonValueKind.String;

    public bool IsObject => Value.ValueKind is JsonValueKind.Object;

    public bool IsArray => Value.ValueKind is JsonValueKind.Array;

    /// <summary>The JSON as the caller wrote it, the quotes of a string included.</summary>
    public ReadOnlySpan<byte> Raw => JsonMarshal.GetRawUtf8Value(Value);

    public RequestField this[string name] =>
        new(Value.TryGetProperty(name, out var member) ? member : default, Path.Length == 0 ? name : $"{Path}.{name}");

    public IEnumerable<RequestField> Items()
    {
        if (!IsArray)
        {
            throw Wrong("an array");
        }

        var path = Path;
        return Value.EnumerateArray().Select((item, i) => new RequestField(item, $"{path}[{i}]"));
    }

    public RequestField Object() => IsObject ? this : throw Wrong("an object");

    /// <summary>A string, not looked into: it can be passed on with escapes that no string of ours could hold ("\ud800").</summary>
    public RequestField RawText() => IsText ? this : throw Wrong("a string");

    public string Text()
    {
        try
        {
            return RawText().Value.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            throw Wrong("valid Unicode");
        }
    }

    /// <summary>A string of at least one character.</summary>
    public string Name() => Text() is { Length: > 0 } name ? name : throw Wrong("a string of at least one character");

    public bool IsTrue() => Value.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.False => false,
        JsonValueKind.True => true,
        _ => throw Wrong("true or false"),
    };

    /// <summary><c>true</c>, <c>false</c>, <c>null</c> or nothing.</summary>
    public RequestField Flag()
    {
        IsTrue();
        return this;
    }

    public RequestField Number(double minimum, double maximum) =>
        Value.ValueKind is JsonValueKind.Number && Value.TryGetDouble(out var number) && number >= minimum && number <= maximum
            ? this
            : throw Wrong($"a number from {minimum} to {maximum}");

    public RequestField WholeNumber(int minimum, int maximum = int.MaxValue) =>
        Value.ValueKind is JsonValueKind.Number && Value.TryGetInt32(out var number) && number >= minimum && number <= maximum
            ? this
            : throw Wrong(maximum is int.MaxValue ? $"a whole number of at least {minimum}" : $"a whole number from {minimum} to {maximum}");

    public InvalidRequestException Wrong(string expected) => new($"'{Path}' must be {expected}{Found()}.", Path);

    private string Found() => Value.ValueKind switch
    {
        JsonValueKind.Undefined => "; it is missing",
        JsonValueKind.Object => ", not an object",
        JsonValueKind.Array => ", not an array",
        _ when Value.GetRawText() is { Length: <= LongestShown } text => $", not {text}",
        JsonValueKind.String => ", not this string",
        _ => ", not this number",
    };
}
