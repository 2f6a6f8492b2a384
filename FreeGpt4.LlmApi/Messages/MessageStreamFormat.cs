using System.Buffers;
using System.Text.Json;
using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Streaming;
using FreeGpt4.LlmApi.Tokens;

namespace FreeGpt4.LlmApi.Messages;

/// <summary>
/// Writes the chunks of an upstream as the events of a message.
/// </summary>
/// <remarks>
/// The blocks of a message come one after another, while an upstream may go on with any tool call at any time, and never says that one
/// is over. So the first call is passed on as it comes, and what follows it, other calls or text, waits for the end of the answer.
/// </remarks>
internal sealed class MessageStreamFormat(MessagesRequest request, string requestId) : IStreamFormat
{
    // A chunk that turns out to be wrong in its middle must leave nothing in the reply.
    private readonly ArrayBufferWriter<byte> _ofThisChunk = new();
    private readonly AnswerTokens _said = new();
    private readonly List<MessageBlock> _calls = [];
    private readonly List<MessageBlock> _later = [];
    private ProviderRoute? _route;
    private TokenUsage? _usage;
    private string? _finishReason;
    private string? _stopText;
    private bool _refused;
    private bool _hasStarted;
    private MessageBlock? _open;
    private int _index = -1;

    public void Begin(ProviderRoute route) => _route = route;

    public bool Write(AnswerJson chunk, IBufferWriter<byte> output)
    {
        _ofThisChunk.ResetWrittenCount();
        var events = new MessageEvents(_ofThisChunk);
        if (!_hasStarted)
        {
            _hasStarted = true;
            events.MessageStart(chunk, _route ?? throw new InvalidOperationException("Nobody has answered yet."));
        }

        // Servers that tell usage with every chunk tell what it has come to.
        _usage = TokenUsage.Read(chunk) ?? _usage;
        if (chunk.Choices is [var choice, ..])
        {
            _said.Add(chunk);
            using var spoken = SpokenChoice.Read(chunk, choice);
            Write(spoken, events);
        }

        output.Write(_ofThisChunk.WrittenSpan);
        return _ofThisChunk.WrittenCount > 0;
    }

    public void WriteEnd(IBufferWriter<byte> output)
    {
        if (_calls.Exists(call => call.Name is null))
        {
            throw MessageWriter.NamelessCall();
        }

        var events = new MessageEvents(output);
        Close(events);
        foreach (var block in _later)
        {
            Open(block, events);
            Close(events);
        }

        var usage = _usage ?? TokenUsage.Estimate(request.Chat, _said);
        events.MessageDelta(StopReason.Of(_finishReason, _stopText, request.StopSequences, _calls.Count > 0, _refused), usage);
        events.MessageStop();
    }

    public void WriteError(OpenAIError error, IBufferWriter<byte> output) => new MessageEvents(output).Error(error, requestId);

    private void Write(SpokenChoice choice, MessageEvents events)
    {
        if (request.WantsThinking && choice.Thinking is { } thinking)
        {
            Write(MessageBlockKind.Thinking, thinking, events);
        }

        foreach (var text in choice.Texts)
        {
            Write(MessageBlockKind.Text, text, events);
        }

        if (choice.Refusal is { } refusal)
        {
            _refused = true;
            Write(MessageBlockKind.Text, refusal, events);
        }

        foreach (var call in choice.ToolCalls)
        {
            Write(call, events);
        }

        _finishReason = choice.FinishReason ?? _finishReason;
        _stopText = choice.StopText ?? _stopText;
    }

    private void Write(MessageBlockKind kind, JsonText text, MessageEvents events)
    {
        if (_calls.Count > 0)
        {
            if (_later is not [.., var last] || last.Kind != kind)
            {
                _later.Add(last = new(kind));
            }

            last.Waiting.Write(text.Inner);
            return;
        }

        if (_open?.Kind != kind)
        {
            Close(events);
            Open(new(kind), events);
        }

        events.BlockDelta(_index, kind, text.Inner);
    }

    private void Write(ToolCallPiece piece, MessageEvents events)
    {
        var call = Find(piece);
        call.Id ??= Kept(piece.Id);
        call.Name ??= Kept(piece.Name);
        if (piece.Arguments is { } arguments)
        {
            call.Waiting.Write(Characters(arguments));
        }

        if (call != _calls[0] || call.Name is null)
        {
            return;
        }

        if (_open != call)
        {
            Close(events);
            Open(call, events);
        }
        else
        {
            SendWaiting(call, events);
        }
    }

    /// <summary>The call that a piece goes on with, or a new one.</summary>
    private MessageBlock Find(ToolCallPiece piece)
    {
        var call = _calls.FindLast(call => piece.Index is null || call.UpstreamIndex == piece.Index);

        // Some servers give every call the same number, or none: then another one begins where a name comes, unless it is a repetition.
        var isAnother = piece.Name is not null && call?.Name is not null
            && (piece.Id is { } id && call.Id is { } known ? !known.Json.SequenceEqual(((JsonText)id).Json) : piece.Index is null);
        if (call is null || isAnother)
        {
            call = new(MessageBlockKind.ToolUse) { UpstreamIndex = piece.Index };
            _calls.Add(call);
            if (_calls.Count > 1)
            {
                _later.Add(call);
            }
        }

        return call;
    }

    private static JsonText? Kept(JsonElement? text) => text is { } value ? ((JsonText)value).Copy() : null;

    // A server that sends the arguments themselves, and not their text: the text is made here.
    private static byte[] Characters(JsonElement arguments) => arguments.ValueKind is JsonValueKind.String
        ? ((JsonText)arguments).Inner.ToArray()
        : JsonSerializer.SerializeToUtf8Bytes(arguments.GetRawText(), OpenAIJsonContext.Wire.String)[1..^1];

    private void Open(MessageBlock block, MessageEvents events)
    {
        _open = block;
        events.BlockStart(++_index, block);
        SendWaiting(block, events);
    }

    private void SendWaiting(MessageBlock block, MessageEvents events)
    {
        if (block.Waiting.WrittenCount > 0)
        {
            events.BlockDelta(_index, block.Kind, block.Waiting.WrittenSpan);
            block.Waiting.ResetWrittenCount();
        }
    }

    private void Close(MessageEvents events)
    {
        if (_open is not null)
        {
            events.BlockStop(_index);
            _open = null;
        }
    }
}
