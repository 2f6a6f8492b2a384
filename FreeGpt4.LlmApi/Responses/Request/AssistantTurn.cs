using System.Text.Json;

namespace FreeGpt4.LlmApi.Responses.Request;

/// <summary>One assistant message of a chat request, put together from items that come one by one.</summary>
internal sealed class AssistantTurn(Utf8JsonWriter json)
{
    private readonly List<RequestField> _texts = [];
    private readonly List<RequestField> _refusals = [];
    private readonly List<ToolCall> _calls = [];

    public void Say(RequestField content)
    {
        if (_calls.Count == 0)
        {
            End();
        }

        if (content.IsText)
        {
            _texts.Add(content);
            return;
        }

        foreach (var part in content.IsArray ? content.Items() : throw content.Wrong("a string or an array of parts"))
        {
            if (part.Object()["type"].Text() is "refusal")
            {
                _refusals.Add(part["refusal"].RawText());
            }
            else
            {
                _texts.Add(MessageContent.Text(part));
            }
        }
    }

    /// <param name="arguments">A JSON string, quotes included.</param>
    public void Call(RequestField id, string name, ReadOnlySpan<byte> arguments) => _calls.Add(new(id.RawText(), name, arguments.ToArray()));

    public void End()
    {
        if (_texts.Count + _refusals.Count + _calls.Count == 0)
        {
            return;
        }

        json.WriteStartObject();
        json.WriteString("role", "assistant");
        json.WritePropertyName("content");
        if (_texts.Count > 0)
        {
            json.WriteJoined(_texts, ""u8);
        }
        else
        {
            json.WriteNullValue();
        }

        if (_refusals.Count > 0)
        {
            json.WritePropertyName("refusal");
            json.WriteJoined(_refusals, ""u8);
        }

        if (_calls.Count > 0)
        {
            WriteCalls();
        }

        json.WriteEndObject();
        _texts.Clear();
        _refusals.Clear();
        _calls.Clear();
    }

    private void WriteCalls()
    {
        json.WriteStartArray("tool_calls");
        foreach (var call in _calls)
        {
            json.WriteStartObject();
            json.WriteRaw("id", call.Id);
            json.WriteString("type", "function");
            json.WriteStartObject("function");
            json.WriteString("name", call.Name);
            json.WritePropertyName("arguments");
            json.WriteRawValue(call.Arguments.Span, skipInputValidation: true);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private readonly record struct ToolCall(RequestField Id, string Name, ReadOnlyMemory<byte> Arguments);
}
