using System.Text.Json;

namespace FreeGpt4.LlmApi.Responses.Request;

/// <summary>One tool as chat completions describe it: a function.</summary>
internal static class ToolDefinition
{
    public static void Check(RequestField tool, bool isCustom)
    {
        if (tool["description"] is { IsGiven: true } description)
        {
            description.RawText();
        }

        if (!isCustom)
        {
            tool["strict"].Flag();
            if (tool["parameters"] is { IsGiven: true } parameters)
            {
                parameters.Object();
            }
        }
        else if (tool["format"] is { IsGiven: true } format && format.Object()["type"].Text() is not "text")
        {
            if (format["type"].Text() is not "grammar")
            {
                throw format["type"].Wrong("\"text\" or \"grammar\"");
            }

            format["syntax"].RawText();
            format["definition"].RawText();
        }
    }

    public static void WriteChat(Utf8JsonWriter json, Tool tool)
    {
        var definition = tool.Definition;
        json.WriteStartObject();
        json.WriteString("type", "function");
        json.WriteStartObject("function");
        json.WriteString("name", tool.ChatName);
        if (tool.IsCustom)
        {
            WriteDescription(json, definition["description"], definition["format"]);
            json.WritePropertyName("parameters");
            json.WriteRawValue(CustomInput.Parameters);
        }
        else
        {
            json.WriteIfGiven("description", definition["description"]);
            json.WriteIfGiven("parameters", definition["parameters"]);
            json.WriteIfGiven("strict", definition["strict"]);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    // No upstream can be held to a grammar, so the model is told of it.
    private static void WriteDescription(Utf8JsonWriter json, RequestField description, RequestField format)
    {
        var text = new EscapedText();
        if (description.IsGiven)
        {
            text.Append(description.Raw[1..^1]);
        }

        if (format.IsGiven && format["type"].Text() is "grammar")
        {
            text.Append(@"\n\nThe input must follow this grammar ("u8);
            text.Append(format["syntax"].Raw[1..^1]);
            text.Append(@"):\n"u8);
            text.Append(format["definition"].Raw[1..^1]);
        }

        text.WriteTo(json, "description");
    }
}
