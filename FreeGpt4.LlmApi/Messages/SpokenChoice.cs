using System.Runtime.InteropServices;
using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Providers;

namespace FreeGpt4.LlmApi.Messages;

/// <summary>What a choice of an answer, or of one of its chunks, says: the members that become part of a message.</summary>
internal sealed class SpokenChoice : IDisposable
{
    private readonly JsonDocument _document;
    private readonly JsonElement _content;

    private SpokenChoice(JsonDocument document)
    {
        _document = document;
        if (!Find(document.RootElement, "message", JsonValueKind.Object, out _content))
        {
            Find(document.RootElement, "delta", JsonValueKind.Object, out _content);
        }
    }

    public static SpokenChoice Read(AnswerJson answer, ChoiceJson choice) =>
        new(JsonDocument.Parse(answer.Json.Slice(choice.Root.Start, choice.Root.Length)));

    /// <summary>Under one of the two names that servers have for it.</summary>
    public JsonElement? Thinking => Said(_content, "reasoning_content") ?? Said(_content, "reasoning");

    public JsonElement? Refusal => Said(_content, "refusal");

    /// <summary>A string, or the <c>text</c> of parts.</summary>
    public IEnumerable<JsonElement> Texts
    {
        get
        {
            if (Said(_content, "content") is { } text)
            {
                yield return text;
            }
            else if (Find(_content, "content", JsonValueKind.Array, out var parts))
            {
                foreach (var part in parts.EnumerateArray())
                {
                    if (Said(part, "text") is { } partText)
                    {
                        yield return partText;
                    }
                }
            }
        }
    }

    public IEnumerable<ToolCallPiece> ToolCalls => Find(_content, "tool_calls", JsonValueKind.Array, out var calls)
        ? calls.EnumerateArray().Where(call => call.ValueKind is JsonValueKind.Object).Select(ToolCallPiece.Read)
        : [];

    /// <summary><c>null</c> while there is more to come, or when the upstream does not say.</summary>
    public string? FinishReason => Word("finish_reason");

    /// <summary>The text that ended the answer, which vLLM and its like tell beside the reason.</summary>
    public string? StopText => Word("stop_reason");

    public void Dispose() => _document.Dispose();

    /// <summary>A string that is there and is not empty.</summary>
    internal static JsonElement? Said(JsonElement owner, string member) =>
        Find(owner, member, JsonValueKind.String, out var text) && JsonMarshal.GetRawUtf8Value(text).Length > 2 ? text : null;

    internal static bool Find(JsonElement owner, string member, JsonValueKind kind, out JsonElement value)
    {
        value = default;
        try
        {
            return owner.ValueKind is JsonValueKind.Object && owner.TryGetProperty(member, out value) && value.ValueKind == kind;
        }
        catch (InvalidOperationException e)
        {
            throw HalfACharacter(e);
        }
    }

    private string? Word(string member)
    {
        try
        {
            return Said(_document.RootElement, member)?.GetString();
        }
        catch (InvalidOperationException e)
        {
            throw HalfACharacter(e);
        }
    }

    // JSON may escape one ("\ud800"). In texts it is passed on; in what we have to understand it means nothing.
    private static ProviderException HalfACharacter(Exception cause) =>
        new(ProviderFailure.Answer, "sent an answer that is not valid Unicode", cause);
}

/// <summary>A tool call, or what a chunk adds to one.</summary>
/// <param name="Index">Which of the calls it belongs to, where the upstream says so.</param>
/// <param name="Arguments">JSON in a string; in a chunk, some characters of it. A few servers send the JSON itself.</param>
internal readonly record struct ToolCallPiece(int? Index, JsonElement? Id, JsonElement? Name, JsonElement? Arguments)
{
    public static ToolCallPiece Read(JsonElement call)
    {
        SpokenChoice.Find(call, "function", JsonValueKind.Object, out var function);
        return new(
            SpokenChoice.Find(call, "index", JsonValueKind.Number, out var number) && number.TryGetInt32(out var index) ? index : null,
            SpokenChoice.Said(call, "id"),
            SpokenChoice.Said(function, "name"),
            SpokenChoice.Said(function, "arguments")
                ?? (SpokenChoice.Find(function, "arguments", JsonValueKind.Object, out var json) ? json : null));
    }
}
