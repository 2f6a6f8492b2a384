using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.State;

namespace FreeGpt4.LlmApi.Conversations;

/// <summary>A message that somebody wants to keep.</summary>
/// <param name="Content">JSON.</param>
/// <param name="Details">JSON.</param>
internal sealed record NewMessage(string Role, string Content, string? Details)
{
    public int Size => Encoding.UTF8.GetByteCount(Content) + (Details is null ? 0 : Encoding.UTF8.GetByteCount(Details));
}

/// <summary>What callers send to make or change a conversation, checked member by member.</summary>
internal sealed class ConversationInput
{
    private static readonly JsonDocumentOptions Json = new() { MaxDepth = 32 };

    // One form for one text, by which it is found again.
    private static readonly JsonWriterOptions Written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly HashSet<string> Roles = ["system", "developer", "user", "assistant", "tool", "function"];

    private readonly HashSet<string> _given = [];

    /// <summary>Of the caller's choice.</summary>
    public Guid? Id { get; private set; }

    public string? Title { get; private set; }

    public string? Model { get; private set; }

    public string? SystemPrompt { get; private set; }

    public string? Parameters { get; private set; }

    /// <summary>How many messages the caller believes are there.</summary>
    public int? Position { get; private set; }

    /// <summary>The same, of who replaces some of them.</summary>
    public int? Count { get; private set; }

    public IReadOnlyList<NewMessage> Messages { get; private set; } = [];

    /// <summary>Whether a member was there, be it <c>null</c>.</summary>
    public bool Has(string member) => _given.Contains(member);

    /// <param name="members">The names of those that the request may have.</param>
    /// <exception cref="InvalidRequestException">Too long, of another type, or unknown.</exception>
    public static ConversationInput Read(ReadOnlyMemory<byte> body, params ReadOnlySpan<string> members)
    {
        try
        {
            using var document = JsonDocument.Parse(body.IsEmpty ? "{}"u8.ToArray() : body, Json);
            var input = new ConversationInput();
            input.Take(Object(document.RootElement, "the body"), members);
            return input;
        }
        catch (JsonException)
        {
            throw new InvalidRequestException("The body is not valid JSON.");
        }
        catch (InvalidOperationException)
        {
            // Half a character, as in "\ud800", in a name or a role.
            throw new InvalidRequestException("The body has a string that is not valid Unicode.");
        }
    }

    /// <summary>As the text stands in what is stored, without the quotes.</summary>
    public static string Stored(string text)
    {
        var json = Rewrite(writer => writer.WriteStringValue(text));
        return json[1..^1];
    }

    private void Take(JsonElement body, ReadOnlySpan<string> members)
    {
        foreach (var member in body.EnumerateObject())
        {
            if (!members.Contains(member.Name))
            {
                throw new InvalidRequestException($"Unknown member '{member.Name}'; known are {string.Join(", ", members!)}.", member.Name);
            }

            _given.Add(member.Name);
            switch (member.Name)
            {
                case "id":
                    Id = member.Value.ValueKind is JsonValueKind.String && TryText(member.Value) is { } id && Guid.TryParseExact(id, "D", out var guid) && guid != Guid.Empty
                        ? guid
                        : throw new InvalidRequestException("'id' must be a UUID, such as \"0199f3a0-5f0e-7c1d-8a44-2b6f0e6f9d11\".", "id");
                    break;
                case "title":
                    Title = Line(Text(member.Value, "title", ConversationLimits.Title));
                    break;
                case "model":
                    Model = Line(Text(member.Value, "model", ConversationLimits.Model));
                    break;
                case "systemPrompt":
                    SystemPrompt = Text(member.Value, "systemPrompt", ConversationLimits.SystemPrompt);
                    break;
                case "parameters":
                    Parameters = Optional(member.Value, "parameters", ConversationLimits.Parameters);
                    break;
                case "position":
                    Position = Whole(member);
                    break;
                case "count":
                    Count = Whole(member);
                    break;
                default:
                    Messages = ReadMessages(member.Value);
                    break;
            }
        }
    }

    private static int Whole(JsonProperty member) => member.Value.ValueKind is JsonValueKind.Number && member.Value.TryGetInt32(out var number) && number >= 0
        ? number
        : throw new InvalidRequestException($"'{member.Name}' must be a whole number from 0.", member.Name);

    private static List<NewMessage> ReadMessages(JsonElement array)
    {
        if (array.ValueKind is not JsonValueKind.Array || array.GetArrayLength() > ConversationLimits.Messages)
        {
            throw new InvalidRequestException($"'messages' must be an array of at most {ConversationLimits.Messages} messages.", "messages");
        }

        return [.. array.EnumerateArray().Select((message, index) => ReadMessage(message, $"messages[{index}]"))];
    }

    private static NewMessage ReadMessage(JsonElement message, string place)
    {
        string? role = null, content = null, details = null;
        foreach (var member in Object(message, $"'{place}'").EnumerateObject())
        {
            var name = $"{place}.{member.Name}";
            switch (member.Name)
            {
                case "role":
                    role = member.Value.ValueKind is JsonValueKind.String && Roles.FirstOrDefault(known => member.Value.ValueEquals(known)) is { } known
                        ? known
                        : throw new InvalidRequestException($"'{name}' must be one of {string.Join(", ", Roles)}.", name);
                    break;
                case "content":
                    content = member.Value.ValueKind is JsonValueKind.String or JsonValueKind.Array or JsonValueKind.Null
                        ? Rewritten(member.Value, name, ConversationLimits.Message)
                        : throw new InvalidRequestException($"'{name}' must be a string or an array of content parts.", name);
                    break;
                case "details":
                    details = Optional(member.Value, name, ConversationLimits.Details);
                    break;
                default:
                    throw new InvalidRequestException($"Unknown member '{name}'; a message has role, content and details.", name);
            }
        }

        return role is not null && content is not null
            ? new(role, content, details)
            : throw new InvalidRequestException($"'{place}' must have 'role' and 'content'.", place);
    }

    private static JsonElement Object(JsonElement element, string what) => element.ValueKind is JsonValueKind.Object
        ? element
        : throw new InvalidRequestException($"{char.ToUpperInvariant(what[0])}{what[1..]} must be a JSON object.");

    private static string? Optional(JsonElement element, string name, int longest) => element.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.Object => Rewritten(element, name, longest),
        _ => throw new InvalidRequestException($"'{name}' must be a JSON object or null.", name),
    };

    private static string? Text(JsonElement element, string name, int longest)
    {
        if (element.ValueKind is JsonValueKind.Null)
        {
            return null;
        }

        var text = element.ValueKind is JsonValueKind.String && TryText(element) is { } read
            ? read
            : throw new InvalidRequestException($"'{name}' must be a string or null.", name);
        if (!StoredText.IsAllowed(text))
        {
            throw new InvalidRequestException($"'{name}' {StoredText.Refused}.", name);
        }

        return text.Length <= longest ? text : throw TooLong(name, $"{text.Length} characters; {longest} are allowed");
    }

    // A JSON string may escape half a character, which is no text.
    private static string? TryText(JsonElement element)
    {
        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Line(string? text) =>
        text is null ? null : string.Concat(text.ReplaceLineEndings(" ").Where(c => !char.IsControl(c))).Trim() is { Length: > 0 } line ? line : null;

    private static string Rewritten(JsonElement element, string name, int longest)
    {
        try
        {
            var json = Rewrite(element.WriteTo);
            var bytes = Encoding.UTF8.GetByteCount(json);
            return bytes <= longest ? json : throw TooLong(name, $"{bytes} bytes; {longest} are allowed");
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw new InvalidRequestException($"'{name}' has half a character in it.", name);
        }
    }

    private static string Rewrite(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, Written))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    private static InvalidRequestException TooLong(string name, string how) =>
        new($"'{name}' has {how}.", name, "too_long", StatusCodes.Status413PayloadTooLarge);
}
