using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Responses.Request;

namespace FreeGpt4.LlmApi.Responses.Answer;

/// <summary>The tool calls of a chat answer, told apart by <c>index</c>, and by <c>id</c> where an upstream gives no index or always 0.</summary>
internal sealed class ToolCallList
{
    private readonly List<(int? Index, ToolCall Call)> _calls = [];

    public IEnumerable<ToolCall> All => _calls.Select(entry => entry.Call);

    /// <param name="piece">One of <c>tool_calls</c>.</param>
    /// <param name="position">Its place among them where each is a call of its own: in an answer that is not streamed.</param>
    public ToolCall Find(JsonElement piece, int? position)
    {
        var index = position ?? (piece.ValueKind is JsonValueKind.Object
            && piece.TryGetProperty("index", out var value)
            && value.ValueKind is JsonValueKind.Number
            && value.TryGetInt32(out var number)
                ? number
                : null);
        var known = _calls.FindLast(entry => index is null || entry.Index == index).Call;
        if (known is null || known.IsFollowedBy(piece, hasIndex: index is not null))
        {
            known = new();
            _calls.Add((index, known));
        }

        return known;
    }
}

/// <summary>A call whose name may still be to come; see <see cref="ToolCallItem"/>.</summary>
internal sealed class ToolCall
{
    public EscapedText Id { get; } = new();

    public EscapedText Name { get; } = new();

    /// <summary>Those that came before the name.</summary>
    public EscapedText EarlyArguments { get; } = new();

    public ToolCallItem? Item { get; set; }

    /// <summary>Whether the piece belongs to another call, though nothing but its name and id say so.</summary>
    public bool IsFollowedBy(JsonElement piece, bool hasIndex)
    {
        if (Name.IsEmpty || TextOf(FunctionOf(piece), "name").Length <= 2)
        {
            return false;
        }

        var id = TextOf(piece, "id");
        return id.Length > 2 ? !id.SequenceEqual(Id.Json) : !hasIndex;
    }

    /// <returns>The arguments in the piece as a JSON string, unless they have to wait for the name.</returns>
    public ReadOnlySpan<byte> Read(JsonElement piece)
    {
        var function = FunctionOf(piece);
        if (Id.IsEmpty)
        {
            Id.Append(TextOf(piece, "id") is { Length: > 2 } id ? id[1..^1] : default);
        }

        var isNew = Item is null;
        if (isNew && Name.IsEmpty)
        {
            Name.Append(TextOf(function, "name") is { Length: > 2 } name ? name[1..^1] : default);
        }

        var arguments = ArgumentsOf(function);
        if (isNew && arguments.Length > 2)
        {
            EarlyArguments.Append(arguments[1..^1]);
        }

        return isNew ? default : arguments;
    }

    private static JsonElement FunctionOf(JsonElement piece) =>
        piece.ValueKind is JsonValueKind.Object && piece.TryGetProperty("function", out var function) ? function : default;

    private static ReadOnlySpan<byte> TextOf(JsonElement parent, string name) =>
        parent.ValueKind is JsonValueKind.Object && parent.TryGetProperty(name, out var text) && text.ValueKind is JsonValueKind.String
            ? new RequestField(text, name).Raw
            : default;

    // A string of JSON; a few upstreams send the JSON itself.
    private static ReadOnlySpan<byte> ArgumentsOf(JsonElement function) =>
        function.ValueKind is JsonValueKind.Object
        && function.TryGetProperty("arguments", out var arguments)
        && arguments.ValueKind is JsonValueKind.Object
            ? JsonSerializer.SerializeToUtf8Bytes(arguments.GetRawText(), OpenAIJsonContext.Wire.String)
            : TextOf(function, "arguments");
}
