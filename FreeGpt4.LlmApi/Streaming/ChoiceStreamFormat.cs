using System.Buffers;
using System.Text;
using System.Text.Json;
using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Tokens;

namespace FreeGpt4.LlmApi.Streaming;

/// <summary>
/// Writes the chunks of an upstream as the event stream that OpenAI's schemas describe for chats and for text completions. A chunk
/// that is already right goes through byte for byte; in others only what is missing or wrong is mended.
/// </summary>
/// <param name="request">
/// With its <c>stream_options.include_usage</c> every chunk has <c>"usage":null</c> and one last chunk without choices has the
/// figures, the upstream's or else an estimate; without it no chunk speaks of usage, whatever the upstream sends.
/// </param>
internal abstract class ChoiceStreamFormat(ModelRequest request, TimeProvider time) : IStreamFormat
{
    private static readonly byte[] NoFinishReason = "\"finish_reason\":null"u8.ToArray();
    private static readonly byte[] NoUsage = "\"usage\":null"u8.ToArray();
    private static readonly byte[] NoChoices = "\"choices\":[]"u8.ToArray();
    private static readonly byte[] Null = "null"u8.ToArray();

    private readonly JsonEdits _edits = new();
    private readonly StreamProgress _progress = new();
    private readonly AnswerTokens _said = new();
    private AnswerIdentity? _identity;
    private string _model = "";
    private ReadOnlyMemory<byte> _owedUsage;
    private bool _hasUsage;

    /// <summary>The members of a choice that says nothing any more: <c>"delta":{}</c>.</summary>
    protected abstract string NoContent { get; }

    public void Begin(ProviderRoute route) => _model = route.Model;

    public bool Write(AnswerJson chunk, IBufferWriter<byte> output)
    {
        if (!request.IncludeUsage && chunk.Choices.Count == 0 && !chunk.Usage.IsMissingOrNull)
        {
            return false;
        }

        _edits.Clear();
        _identity ??= new(chunk, request.Operation.Chunk, _model, time);
        _identity.Apply(chunk, _edits);
        for (var i = 0; i < chunk.Choices.Count; i++)
        {
            MendChoice(chunk.Choices[i], chunk.Json);
        }

        MendUsage(chunk);
        if (request.IncludeUsage)
        {
            _said.Add(chunk);
        }

        if (chunk.ChoiceArray.IsMissing)
        {
            _edits.Add(chunk.Json, chunk.Root, NoChoices);
        }
        else if (chunk.ChoiceArray.IsMissingOrNull)
        {
            _edits.Replace(chunk.ChoiceArray, "[]"u8.ToArray());
        }

        output.Write("data: "u8);
        if (_edits.IsEmpty)
        {
            output.Write(chunk.Json.Span);
        }
        else
        {
            _edits.WriteTo(output, chunk.Json);
        }

        output.Write("\n\n"u8);
        return true;
    }

    /// <summary>Ends a whole answer: finish reasons that the upstream never gave, usage that it gave early, and <c>[DONE]</c>.</summary>
    public void WriteEnd(IBufferWriter<byte> output)
    {
        foreach (var (index, calledTool) in _progress.Unfinished)
        {
            var reason = calledTool ? "tool_calls" : "stop";
            WriteOwn(output, $$"""[{"index":{{index}},{{NoContent}},"finish_reason":"{{reason}}"}]""", request.IncludeUsage ? Null : default);
        }

        if (request.IncludeUsage && !_hasUsage)
        {
            _owedUsage = TokenUsage.Estimate(request, _said).ToJson();
            output.Write(UsageHeader.Comment);
        }

        if (!_owedUsage.IsEmpty)
        {
            WriteOwn(output, "[]", _owedUsage);
        }

        output.Write("data: [DONE]\n\n"u8);
    }

    /// <summary>Ends an answer that broke off: an error frame, and neither a finish reason nor <c>[DONE]</c>.</summary>
    public void WriteError(OpenAIError error, IBufferWriter<byte> output)
    {
        output.Write("data: "u8);
        using (var writer = new Utf8JsonWriter(output, OpenAIJsonContext.WireOptions))
        {
            JsonSerializer.Serialize(writer, new(error), OpenAIJsonContext.Wire.ErrorResponse);
        }

        output.Write("\n\n"u8);
    }

    /// <param name="isFirst">Nothing was heard of the choice before.</param>
    protected abstract void MendContent(ChoiceJson choice, bool isFirst, ReadOnlyMemory<byte> json, JsonEdits edits);

    private void MendChoice(ChoiceJson choice, ReadOnlyMemory<byte> json)
    {
        var isFirst = _progress.Note(choice);
        _edits.AddIndex(choice, json);
        if (choice.FinishReasonValue.IsMissing)
        {
            _edits.Add(json, choice.Root, NoFinishReason);
        }
        else if (choice is { Finish: FinishReason.None, FinishReasonValue.Kind: JsonTokenType.String })
        {
            // Some upstreams say "" until the end.
            _edits.Replace(choice.FinishReasonValue, Null);
        }

        MendContent(choice, isFirst, json, _edits);
    }

    private void MendUsage(AnswerJson chunk)
    {
        if (!request.IncludeUsage)
        {
            if (!chunk.Usage.IsMissing && chunk.Choices.Count > 0)
            {
                _edits.Remove(chunk.Json, chunk.UsageName, chunk.Usage);
            }
        }
        else if (chunk.Usage.IsMissing)
        {
            _edits.Add(chunk.Json, chunk.Root, NoUsage);
        }
        else if (!chunk.Usage.IsMissingOrNull)
        {
            _hasUsage = true;

            // With the last words instead of after them: kept for a chunk of its own, unless one comes.
            _owedUsage = chunk.Choices.Count > 0 ? chunk.Usage.In(chunk.Json).ToArray() : default;
            if (!_owedUsage.IsEmpty)
            {
                _edits.Replace(chunk.Usage, Null);
            }
        }
    }

    private void WriteOwn(IBufferWriter<byte> output, string choices, ReadOnlyMemory<byte> usage)
    {
        output.Write("data: {"u8);
        output.Write(_identity is { } identity ? identity.Members : throw new InvalidOperationException("No chunk was written before."));
        output.Write(",\"choices\":"u8);
        output.Write(Encoding.UTF8.GetBytes(choices));
        if (!usage.IsEmpty)
        {
            output.Write(",\"usage\":"u8);
            output.Write(usage.Span);
        }

        output.Write("}\n\n"u8);
    }
}
