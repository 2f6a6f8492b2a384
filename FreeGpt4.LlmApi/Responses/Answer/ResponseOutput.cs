using System.Text;
using System.Text.Json;
using FreeGpt4.LlmApi.Responses.Request;

namespace FreeGpt4.LlmApi.Responses.Answer;

/// <summary>
/// The items of an answer as it arrives: in one piece or chunk by chunk, a chat message says the same. Reasoning and words
/// follow each other, so that one ends where the other begins; tool calls may grow side by side and end with the answer.
/// </summary>
/// <param name="events">Told of everything; <c>null</c> when nobody follows.</param>
internal sealed class ResponseOutput(ToolSet tools, bool includeLogProbs, ResponseEvents? events)
{
    private readonly List<OutputItem> _items = [];
    private readonly ToolCallList _calls = new();
    private ReasoningItem? _reasoning;
    private MessageItem? _message;

    public IReadOnlyList<OutputItem> Items => _items;

    /// <param name="choice">One of <c>choices</c>, with its <c>message</c> or <c>delta</c>.</param>
    public void Read(JsonElement choice)
    {
        if ((!choice.TryGetProperty("message", out var content) && !choice.TryGetProperty("delta", out content))
            || content.ValueKind is not JsonValueKind.Object)
        {
            return;
        }

        // Two names for the same; some upstreams send both.
        if (!Think(content, "reasoning_content"))
        {
            Think(content, "reasoning");
        }

        if (content.TryGetProperty("content", out var text))
        {
            Say(text, includeLogProbs ? LogProbs.Of(choice) : []);
        }

        if (content.TryGetProperty("refusal", out var refusal))
        {
            Say(PartKind.Refusal, refusal, []);
        }

        if (content.TryGetProperty("tool_calls", out var calls) && calls.ValueKind is JsonValueKind.Array)
        {
            var isWhole = choice.TryGetProperty("message", out _);
            foreach (var (position, call) in calls.EnumerateArray().Index())
            {
                Call(_calls.Find(call, isWhole ? position : null), call);
            }
        }
    }

    /// <summary>Ends what has not ended, and the last item with the given status.</summary>
    public void End(ItemStatus status)
    {
        var last = _items.LastOrDefault();
        EndReasoning(StatusOf(_reasoning));
        EndMessage(StatusOf(_message));
        foreach (var call in _calls.All)
        {
            EndCall(call.Item ??= Start(call), last);
        }

        ItemStatus StatusOf(OutputItem? item) => item == last ? status : ItemStatus.Completed;

        void EndCall(ToolCallItem item, OutputItem? lastItem)
        {
            item.Status = item == lastItem ? status : ItemStatus.Completed;
            TellDelta(item, item.End());
            events?.ArgumentsDone(item);
            events?.ItemDone(item);
        }
    }

    /// <summary>Ends the answer where it broke off. Nobody is told that an item is done: an agent would run half a tool call.</summary>
    public void BreakOff()
    {
        foreach (var item in _items.Where(item => item.Status is ItemStatus.InProgress))
        {
            item.Status = ItemStatus.Incomplete;
        }
    }

    private static ReadOnlySpan<byte> Raw(JsonElement text) => new RequestField(text, "").Raw;

    private static bool IsText(JsonElement value) => value.ValueKind is JsonValueKind.String && Raw(value).Length > 2;

    private bool Think(JsonElement content, string name)
    {
        if (!content.TryGetProperty(name, out var thought) || !IsText(thought))
        {
            return false;
        }

        Think(thought);
        return true;
    }

    private void Think(JsonElement thought)
    {
        EndMessage(ItemStatus.Completed);
        if (_reasoning is null)
        {
            _reasoning = Added(new ReasoningItem(_items.Count));
            events?.PartAdded(_reasoning, _reasoning.Part);
        }

        _reasoning.Part.Append(Raw(thought)[1..^1], []);
        events?.Delta(_reasoning, _reasoning.Part, Raw(thought), []);
    }

    // Mistral sends parts: {"type":"thinking","thinking":[{"type":"text","text":…}]}, {"type":"text","text":…}.
    private void Say(JsonElement content, IReadOnlyList<ReadOnlyMemory<byte>> logProbs)
    {
        if (content.ValueKind is not JsonValueKind.Array)
        {
            Say(PartKind.Text, content, logProbs);
            return;
        }

        foreach (var part in content.EnumerateArray().Where(part => part.ValueKind is JsonValueKind.Object))
        {
            if (part.TryGetProperty("text", out var text))
            {
                Say(PartKind.Text, text, []);
            }
            else if (part.TryGetProperty("thinking", out var thinking) && thinking.ValueKind is JsonValueKind.Array)
            {
                foreach (var thought in thinking.EnumerateArray().Where(thought => thought.ValueKind is JsonValueKind.Object))
                {
                    Think(thought, "text");
                }
            }
        }
    }

    private void Say(PartKind kind, JsonElement text, IReadOnlyList<ReadOnlyMemory<byte>> logProbs)
    {
        if (!IsText(text))
        {
            return;
        }

        EndReasoning(ItemStatus.Completed);
        _message ??= Added(new MessageItem(_items.Count));
        if (_message.Parts is not [.., var part] || part.Kind != kind)
        {
            EndPart(_message);
            part = new(kind, _message.Parts.Count);
            events?.PartAdded(_message, part);
            _message.Parts.Add(part);
        }

        part.Append(Raw(text)[1..^1], logProbs);
        events?.Delta(_message, part, Raw(text), logProbs);
    }

    private void Call(ToolCall call, JsonElement piece)
    {
        EndReasoning(ItemStatus.Completed);
        EndMessage(ItemStatus.Completed);
        var arguments = call.Read(piece);
        if (call.Item is { } item)
        {
            Append(item, arguments);
        }
        else if (!call.Name.IsEmpty)
        {
            call.Item = Start(call);
        }
    }

    private ToolCallItem Start(ToolCall call)
    {
        if (call.Id.IsEmpty)
        {
            call.Id.Append(Encoding.UTF8.GetBytes($"call_{Guid.NewGuid():N}"));
        }

        var item = Added(new ToolCallItem(_items.Count, tools.Find(call.Name.ToString()), call.Id));
        Append(item, call.EarlyArguments.Json);
        return item;
    }

    private void Append(ToolCallItem item, ReadOnlySpan<byte> arguments)
    {
        if (arguments.Length > 2)
        {
            TellDelta(item, item.Append(arguments));
        }
    }

    private void TellDelta(ToolCallItem item, ReadOnlySpan<byte> piece)
    {
        if (piece.Length > 2)
        {
            events?.ArgumentsDelta(item, piece);
        }
    }

    private T Added<T>(T item)
        where T : OutputItem
    {
        _items.Add(item);
        events?.ItemAdded(item);
        return item;
    }

    private void EndReasoning(ItemStatus status)
    {
        if (_reasoning is { } item)
        {
            events?.TextDone(item, item.Part);
            events?.PartDone(item, item.Part);
            item.Status = status;
            events?.ItemDone(item);
            _reasoning = null;
        }
    }

    private void EndMessage(ItemStatus status)
    {
        if (_message is { } item)
        {
            EndPart(item);
            item.Status = status;
            events?.ItemDone(item);
            _message = null;
        }
    }

    private void EndPart(MessageItem item)
    {
        if (item.Parts is [.., var part])
        {
            events?.TextDone(item, part);
            events?.PartDone(item, part);
        }
    }
}
