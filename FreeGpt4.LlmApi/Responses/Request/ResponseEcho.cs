using System.Buffers;
using System.Text.Json;

namespace FreeGpt4.LlmApi.Responses.Request;

/// <summary>
/// The members of a response that repeat its request. What the caller left to the upstream is <c>null</c>: nobody here knows
/// what the upstream took.
/// </summary>
internal sealed class ResponseEcho
{
    private static readonly SearchValues<byte> LineEnds = SearchValues.Create("\r\n"u8);

    private static readonly string[] AsTheyCame =
    [
        "instructions", "max_output_tokens", "max_tool_calls", "temperature", "top_p", "top_logprobs", "prompt_cache_key",
        "safety_identifier",
    ];

    private readonly List<(string Name, ReadOnlyMemory<byte> Value)> _members = [];

    private ResponseEcho()
    {
    }

    public static ResponseEcho Of(RequestField root, ToolSet tools)
    {
        var echo = new ResponseEcho();
        foreach (var name in AsTheyCame)
        {
            echo.Add(name, root[name], "null"u8);
        }

        if (root["user"].IsGiven)
        {
            echo.Add("user", root["user"], default);
        }

        echo.Add("metadata", root["metadata"], "{}"u8);
        echo.Add("parallel_tool_calls", root["parallel_tool_calls"], "true"u8);
        echo.Add("reasoning", root["reasoning"], """{"effort":null,"summary":null}"""u8);
        echo.Add("tool_choice", root["tool_choice"], "\"auto\""u8);
        echo.Add("text", json => WriteText(json, root["text"]));
        echo.Add("tools", json => WriteTools(json, tools));

        // Said for what was done, not for what was asked: there is nothing here that could do otherwise.
        echo.Add("background", default, "false"u8);
        echo.Add("previous_response_id", default, "null"u8);
        echo.Add("store", default, "false"u8);
        echo.Add("truncation", default, "\"disabled\""u8);
        return echo;
    }

    public void WriteTo(Utf8JsonWriter json)
    {
        foreach (var (name, value) in _members)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value.Span, skipInputValidation: true);
        }
    }

    private static void WriteText(Utf8JsonWriter json, RequestField text)
    {
        json.WriteStartObject();
        if (!text.IsGiven || !text["format"].IsGiven)
        {
            json.WriteStartObject("format");
            json.WriteString("type", "text");
            json.WriteEndObject();
        }

        if (text.IsGiven)
        {
            foreach (var member in text.Value.EnumerateObject().Where(member => text[member.Name].IsGiven))
            {
                json.WriteRaw(member.Name, text[member.Name]);
            }
        }

        json.WriteEndObject();
    }

    private static void WriteTools(Utf8JsonWriter json, ToolSet tools)
    {
        json.WriteStartArray();
        foreach (var tool in tools.Definitions)
        {
            json.WriteStartObject();
            foreach (var member in tool.Value.EnumerateObject())
            {
                json.WriteRaw(member.Name, new(member.Value, member.Name));
            }

            if (tool["type"].Text() is "function")
            {
                WriteNullIfMissing("parameters");
                WriteNullIfMissing("strict");
            }

            json.WriteEndObject();

            void WriteNullIfMissing(string name)
            {
                if (tool[name].Value.ValueKind is JsonValueKind.Undefined)
                {
                    json.WriteNull(name);
                }
            }
        }

        json.WriteEndArray();
    }

    private void Add(string name, RequestField value, ReadOnlySpan<byte> otherwise) =>
        Add(name, value.IsGiven ? value.Raw : otherwise);

    private void Add(string name, Action<Utf8JsonWriter> write)
    {
        var value = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(value))
        {
            write(json);
        }

        Add(name, value.WrittenSpan);
    }

    // An event has one line, and between the tokens of JSON a space is as good as a line's end.
    private void Add(string name, ReadOnlySpan<byte> value)
    {
        var line = value.ToArray();
        line.AsSpan().ReplaceAny(LineEnds, (byte)' ');
        _members.Add((name, line));
    }
}
