using System.Runtime.InteropServices;
using System.Text.Json;

namespace FreeGpt4.LlmApi.Messages;

/// <summary>
/// Writes <c>tools</c> and <c>tool_choice</c> as a chat has them. Tools that the API runs itself, or whose schema only its own models
/// know, have no counterpart. https://docs.anthropic.com/en/api/messages#body-tools
/// </summary>
internal static class ChatTools
{
    public static void Write(RequestObject request, Utf8JsonWriter writer)
    {
        var tools = request.Objects("tools");
        if (tools.Count > 0)
        {
            writer.WriteStartArray("tools"u8);
            foreach (var tool in tools)
            {
                WriteTool(tool, writer);
            }

            writer.WriteEndArray();
        }

        if (request.TryGetObject("tool_choice", out var choice))
        {
            WriteChoice(choice, tools, writer);
        }
    }

    private static void WriteTool(RequestObject tool, Utf8JsonWriter writer)
    {
        if (tool.Has("type") && tool.Word("type") is not "custom" and var type)
        {
            throw tool.Wrong("type", $"is '{type}', which is not supported: only tools with a name and an input_schema, which you run yourself, are");
        }

        writer.WriteStartObject();
        writer.WriteString("type"u8, "function"u8);
        writer.WriteStartObject("function"u8);
        WriteRaw(writer, "name"u8, tool.Name("name"));
        if (tool.TryGetText("description", out var description))
        {
            WriteRaw(writer, "description"u8, description);
        }

        WriteRaw(writer, "parameters"u8, tool.ObjectJson("input_schema"));
        if (tool.Flag("strict"))
        {
            writer.WriteBoolean("strict"u8, true);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteChoice(RequestObject choice, IReadOnlyList<RequestObject> tools, Utf8JsonWriter writer)
    {
        var type = choice.Word("type");
        var inTurn = choice.Flag("disable_parallel_tool_use");
        if (tools.Count == 0)
        {
            // Chat servers refuse a choice among nothing; of these two the outcome is the same without.
            if (type is not ("auto" or "none"))
            {
                throw choice.Wrong("type", $"is '{type}', and there are no 'tools' to choose from");
            }

            return;
        }

        switch (type)
        {
            case "auto" or "none":
                writer.WriteString("tool_choice"u8, type);
                break;
            case "any":
                writer.WriteString("tool_choice"u8, "required"u8);
                break;
            case "tool":
                var name = choice.Word("name");
                if (!tools.Any(tool => tool.Word("name") == name))
                {
                    throw choice.Wrong("name", $"is '{name}', which is not among the 'tools'");
                }

                writer.WriteStartObject("tool_choice"u8);
                writer.WriteString("type"u8, "function"u8);
                writer.WriteStartObject("function"u8);
                WriteRaw(writer, "name"u8, choice.Text("name"));
                writer.WriteEndObject();
                writer.WriteEndObject();
                break;
            default:
                throw choice.Wrong("type", "must be 'auto', 'any', 'tool' or 'none'");
        }

        if (inTurn)
        {
            writer.WriteBoolean("parallel_tool_calls"u8, false);
        }
    }

    private static void WriteRaw(Utf8JsonWriter writer, ReadOnlySpan<byte> name, JsonElement value)
    {
        writer.WritePropertyName(name);
        writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
    }
}
