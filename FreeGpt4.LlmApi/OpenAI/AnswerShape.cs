using System.Text;
using System.Text.Json;

namespace FreeGpt4.LlmApi.OpenAI;

/// <summary>What an answer is called, and where it holds what was asked for.</summary>
internal sealed class AnswerShape
{
    private readonly byte[] _list;
    private readonly byte[] _content;
    private readonly JsonTokenType[] _kinds;

    private AnswerShape(string name, string list, string content, params JsonTokenType[] kinds)
    {
        Object = name;
        _list = Encoding.UTF8.GetBytes(list);
        _content = Encoding.UTF8.GetBytes(content);
        _kinds = kinds;
    }

    /// <summary><c>{"choices":[{"message":{"content":…}}]}</c></summary>
    public static AnswerShape Message { get; } =
        new("chat.completion", "choices", "message", JsonTokenType.StartObject) { IdPrefix = "chatcmpl-" };

    /// <summary><c>{"choices":[{"delta":{"content":…}}]}</c></summary>
    public static AnswerShape Delta { get; } =
        new("chat.completion.chunk", "choices", "delta", JsonTokenType.StartObject) { IdPrefix = "chatcmpl-" };

    /// <summary>
    /// <c>{"choices":[{"text":…}]}</c>. It may rightly be empty: an editor asks for what goes into a gap, and nothing does.
    /// </summary>
    public static AnswerShape Text { get; } =
        new("text_completion", "choices", "text", JsonTokenType.String) { IdPrefix = "cmpl-", CanBeEmpty = true };

    /// <summary><c>{"data":[{"embedding":…}]}</c>, numbers or their bytes in base64.</summary>
    public static AnswerShape Embedding { get; } =
        new("list", "data", "embedding", JsonTokenType.StartArray, JsonTokenType.String);

    /// <summary>The value of the answer's <c>object</c>.</summary>
    public string Object { get; }

    /// <summary>How the id begins that an answer gets from us, if the upstream gave it none.</summary>
    public string IdPrefix { get; private init; } = "";

    public ReadOnlySpan<byte> List => _list;

    public ReadOnlySpan<byte> Content => _content;

    /// <summary>Content that is there and finished counts, even if nothing is in it.</summary>
    public bool CanBeEmpty { get; private init; }

    public bool CanBe(JsonTokenType kind) => _kinds.AsSpan().Contains(kind);
}
