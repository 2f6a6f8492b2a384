using System.Text.Json;
using System.Text.Unicode;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Messages;

/// <summary>
/// An object in the caller's request, and where it stands there, so that an error can name the member at fault. A member that is
/// <c>null</c> counts as one that is not there: several clients send what they have no value for.
/// </summary>
internal readonly struct RequestObject
{
    private const int LongestWord = 128;

    // Of two equal members the second would be taken, and a check that somebody else made of the first would be worth nothing.
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = ChatCompletionRequest.MaxDepth, AllowDuplicateProperties = false };

    private readonly JsonElement _json;
    private readonly string _path;

    private RequestObject(JsonElement json, string path)
    {
        if (json.ValueKind is not JsonValueKind.Object)
        {
            throw path.Length == 0 ? new InvalidRequestException("The body must be a JSON object.") : At(path, "must be an object");
        }

        (_json, _path) = (json, path);
    }

    /// <summary>Reads a whole body and hands it over; nothing of it may be kept.</summary>
    /// <exception cref="InvalidRequestException">The body is not JSON, or <paramref name="read"/> finds something wrong in it.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> body, Func<RequestObject, T> read)
    {
        body = body.Span.StartsWith("\uFEFF"u8) ? body[3..] : body;
        if (!Utf8.IsValid(body.Span))
        {
            throw new InvalidRequestException("The body is not valid UTF-8.");
        }

        try
        {
            using var document = JsonDocument.Parse(body, Options);
            return read(new(document.RootElement, ""));
        }
        catch (JsonException e)
        {
            throw new InvalidRequestException(e.LineNumber is { } line
                ? $"The body is not valid JSON (line {line + 1}, byte {e.BytePositionInLine})."
                : "The body has an object with two members of the same name.");
        }
        catch (InvalidOperationException)
        {
            // How half a surrogate pair, "\ud83d", is refused in a text that we look at.
            throw new InvalidRequestException("The body has a string that is not valid Unicode.");
        }
    }

    /// <summary>Where a member of this object stands, as in <c>messages[0].content</c>.</summary>
    public string Path(string member) => _path.Length == 0 ? member : $"{_path}.{member}";

    /// <summary>An error that names a member.</summary>
    /// <param name="what">The rest of a sentence that begins with the member: "must be a string".</param>
    public InvalidRequestException Wrong(string member, string what) => At(Path(member), what);

    public bool Has(string member) => TryGet(member, out _);

    public bool TryGet(string member, out JsonElement value) =>
        _json.TryGetProperty(member, out value) && value.ValueKind is not JsonValueKind.Null;

    public JsonElement Required(string member) => TryGet(member, out var value) ? value : throw Wrong(member, "is missing");

    public bool Flag(string member) => TryGet(member, out var value) && value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(member, "must be true or false"),
    };

    public bool TryGetNumber(string member, out JsonElement value) =>
        TryGet(member, out value) && (value.ValueKind is JsonValueKind.Number ? true : throw Wrong(member, "must be a number"));

    public bool TryGetWholeNumber(string member, int least, out int value)
    {
        value = 0;
        return TryGet(member, out var json)
            && (json.ValueKind is JsonValueKind.Number && json.TryGetInt32(out value) && value >= least
                ? true
                : throw Wrong(member, $"must be a whole number from {least} to {int.MaxValue}"));
    }

    /// <summary>A text to be passed on: its bytes are not looked at.</summary>
    public bool TryGetText(string member, out JsonElement value) =>
        TryGet(member, out value) && (value.ValueKind is JsonValueKind.String ? true : throw Wrong(member, "must be a string"));

    public JsonElement Text(string member) => TryGetText(member, out var value) ? value : throw Wrong(member, "is missing");

    /// <summary>A name or id: a text that says something.</summary>
    public JsonElement Name(string member) =>
        Text(member) is var name && !name.ValueEquals(""u8) ? name : throw Wrong(member, "must not be empty");

    /// <summary>A text that we have to understand, such as <c>type</c>. Short, so that an error can repeat it.</summary>
    public string Word(string member) => Text(member).GetString() is { Length: <= LongestWord } word && !word.Any(char.IsControl)
        ? word
        : throw Wrong(member, $"must have at most {LongestWord} characters, none of them a control character");

    public bool TryGetObject(string member, out RequestObject value)
    {
        var found = TryGet(member, out var json);
        value = found ? new(json, Path(member)) : default;
        return found;
    }

    public RequestObject Object(string member) => new(Required(member), Path(member));

    /// <summary>A member that must be an object, and that is passed on as it is.</summary>
    public JsonElement ObjectJson(string member) =>
        Required(member) is { ValueKind: JsonValueKind.Object } json ? json : throw Wrong(member, "must be an object");

    /// <summary>A list of objects; empty when it is not there.</summary>
    public IReadOnlyList<RequestObject> Objects(string member)
    {
        if (!TryGet(member, out var json))
        {
            return [];
        }

        if (json.ValueKind is not JsonValueKind.Array)
        {
            throw Wrong(member, "must be an array");
        }

        var objects = new List<RequestObject>(json.GetArrayLength());
        foreach (var element in json.EnumerateArray())
        {
            objects.Add(new(element, $"{Path(member)}[{objects.Count}]"));
        }

        return objects;
    }

    /// <summary>A list of texts that say something; empty when it is not there.</summary>
    public IReadOnlyList<JsonElement> Texts(string member)
    {
        if (!TryGet(member, out var json))
        {
            return [];
        }

        return json.ValueKind is JsonValueKind.Array
            && json.EnumerateArray().All(text => text.ValueKind is JsonValueKind.String && !text.ValueEquals(""u8))
                ? [.. json.EnumerateArray()]
                : throw Wrong(member, "must be an array of strings, none of them empty");
    }

    private static InvalidRequestException At(string path, string what) => new($"'{path}' {what}.", path);
}
