using System.Text.Json;
using FreeGpt4.LlmApi.Responses.Request;

namespace FreeGpt4.LlmApi.Responses.Answer;

internal enum ItemStatus
{
    InProgress,
    Completed,

    /// <summary>The answer ended before the item did.</summary>
    Incomplete,
}

/// <summary>An element of <c>output</c>, which grows until its status says that it has ended.</summary>
internal abstract class OutputItem(string idPrefix, int index)
{
    public string Id { get; } = $"{idPrefix}_{Guid.NewGuid():N}";

    public int Index { get; } = index;

    public ItemStatus Status { get; set; }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("id", Id);
        WriteMembers(json);
        json.WriteString("status", Status switch
        {
            ItemStatus.InProgress => "in_progress",
            ItemStatus.Completed => "completed",
            _ => "incomplete",
        });
        json.WriteEndObject();
    }

    protected abstract void WriteMembers(Utf8JsonWriter json);
}

/// <summary>What the model thought, where the upstream tells it.</summary>
internal sealed class ReasoningItem(int index) : OutputItem("rs", index)
{
    public ContentPart Part { get; } = new(PartKind.Reasoning, 0);

    protected override void WriteMembers(Utf8JsonWriter json)
    {
        json.WriteString("type", "reasoning");
        json.WriteStartArray("summary");
        json.WriteEndArray();
        json.WriteStartArray("content");
        if (!Part.Text.IsEmpty)
        {
            Part.Write(json);
        }

        json.WriteEndArray();
    }
}

internal sealed class MessageItem(int index) : OutputItem("msg", index)
{
    public List<ContentPart> Parts { get; } = [];

    protected override void WriteMembers(Utf8JsonWriter json)
    {
        json.WriteString("type", "message");
        json.WriteString("role", "assistant");
        json.WriteStartArray("content");
        foreach (var part in Parts)
        {
            part.Write(json);
        }

        json.WriteEndArray();
    }
}

/// <summary>A call of a function or of a custom tool.</summary>
internal sealed class ToolCallItem(int index, Tool tool, EscapedText callId) : OutputItem(tool.IsCustom ? "ctc" : "fc", index)
{
    private readonly EscapedText _arguments = new();
    private readonly CustomInputReader? _customInput = tool.IsCustom ? new() : null;

    public Tool Tool { get; } = tool;

    /// <summary>The arguments of a function, or the text for a custom tool.</summary>
    public EscapedText Input => _customInput?.Text ?? _arguments;

    /// <param name="arguments">A piece of what the upstream sends: a JSON string, quotes included.</param>
    /// <returns>What it adds to <see cref="Input"/>: a JSON string, quotes included.</returns>
    public ReadOnlySpan<byte> Append(ReadOnlySpan<byte> arguments)
    {
        if (_customInput is not null)
        {
            return _customInput.Read(arguments).Json;
        }

        _arguments.Append(arguments[1..^1]);
        return arguments;
    }

    /// <returns>What is added to <see cref="Input"/> now that nothing more comes: a JSON string, quotes included.</returns>
    public ReadOnlySpan<byte> End() => _customInput is null ? "\"\""u8 : _customInput.End().Json;

    public void WriteInput(Utf8JsonWriter json) => Input.WriteTo(json, Tool.IsCustom ? "input" : "arguments");

    protected override void WriteMembers(Utf8JsonWriter json)
    {
        json.WriteString("type", Tool.IsCustom ? "custom_tool_call" : "function_call");
        callId.WriteTo(json, "call_id");
        json.WriteString("name", Tool.Name);
        if (Tool.Namespace is { } group)
        {
            json.WriteString("namespace", group);
        }

        WriteInput(json);
    }
}
