using System.Text;
using System.Text.Json;

namespace FreeGpt4.LlmApi.OpenAI;

/// <summary>Where an answer holds what was asked for.</summary>
internal sealed class AnswerShape
{
    private readonly byte[] _list;
    private readonly byte[] _content;
    private readonly JsonTokenType[] _kinds;

    private AnswerShape(string list, string content, params JsonTokenType[] kinds)
    {
        _list = Encoding.UTF8.GetBytes(list);
        _content = Encoding.UTF8.GetBytes(content);
        _kinds = kinds;
    }

    /// <summary><c>{"choices":[{"message":{"content":…}}]}</c></summary>
    public static AnswerShape Message { get; } = new("choices", "message", JsonTokenType.StartObject);

    /// <summary><c>{"choices":[{"delta":{"content":…}}]}</c></summary>
    public static AnswerShape Delta { get; } = new("choices", "delta", JsonTokenType.StartObject);

    /// <summary>
    /// <c>{"choices":[{"text":…}]}</c>. It may rightly be empty: an editor asks for what goes into a gap, and nothing does.
    /// </summary>
    public static AnswerShape Text { get; } = new("choices", "text", JsonTokenType.String) { CanBeEmpty = true };

    /// <summary><c>{"data":[{"embedding":…}]}</c>, numbers or their bytes in base64.</summary>
    public static AnswerShape Embedding { get; } = new("data", "embedding", JsonTokenType.StartArray, JsonTokenType.String);

    public ReadOnlySpan<byte> List => _list;

    public ReadOnlySpan<byte> Content => _content;

    /// <summary>With a finish reason the answer is one, even if nothing is in it.</summary>
    public bool CanBeEmpty { get; private init; }

    public bool CanBe(JsonTokenType kind) => _kinds.AsSpan().Contains(kind);
}
