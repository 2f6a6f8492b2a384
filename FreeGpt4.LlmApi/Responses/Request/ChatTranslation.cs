using System.Buffers;
using System.Collections.Frozen;
using System.Text.Encodings.Web;
using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Responses.Request;

/// <summary>The chat request in whose answer everything stands that a response needs.</summary>
internal static class ChatTranslation
{
    private const int MostAlternatives = 20;
    private const string LogProbs = "message.output_text.logprobs";

    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = ChatCompletionRequest.MaxDepth,
    };

    /// <summary>Members that are translated, answered for, or of no consequence to the answer; others are passed on as they are.</summary>
    private static readonly FrozenSet<string> Known = FrozenSet.Create(
        "model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "text", "reasoning", "max_output_tokens",
        "temperature", "top_p", "top_logprobs", "include", "stream", "stream_options", "store", "metadata", "truncation",
        "max_tool_calls", "background", "previous_response_id", "conversation", "prompt", "context_management", "moderation",

        // They steer OpenAI's own cache and statistics. Codex always sends them, and strict upstreams refuse what they do not know.
        "prompt_cache_key", "prompt_cache_retention", "prompt_cache_options", "client_metadata");

    /// <summary>Members of a chat request that have another name here, or that the translation itself writes.</summary>
    private static readonly FrozenDictionary<string, string> OfChatCompletions = new Dictionary<string, string>
    {
        ["messages"] = "send 'input'",
        ["functions"] = "send 'tools'",
        ["function_call"] = "send 'tool_choice'",
        ["max_tokens"] = "send 'max_output_tokens'",
        ["max_completion_tokens"] = "send 'max_output_tokens'",
        ["response_format"] = "send 'text.format'",
        ["reasoning_effort"] = "send 'reasoning.effort'",
        ["verbosity"] = "send 'text.verbosity'",
        ["logprobs"] = $"send \"{LogProbs}\" in 'include'",
        ["n"] = "ask once for each answer",
    }.ToFrozenDictionary();

    public static ReadOnlyMemory<byte> Of(RequestField root, ToolSet tools)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteIfGiven("model", root["model"], ValidIfText);
            json.WriteStartArray("messages");
            InputMessages.Write(json, root["instructions"], root["input"]);
            json.WriteEndArray();
            tools.WriteChat(json, root["parallel_tool_calls"]);
            WriteSampling(json, root);
            WriteText(json, root["text"]);
            WriteStream(json, root);
            CheckWhatIsNotSent(root);
            PassOn(json, root);
            json.WriteEndObject();
        }

        return body.WrittenMemory;
    }

    public static bool AsksForLogProbs(RequestField root) =>
        (root["include"] is { IsGiven: true } include && include.Items().ToList().Exists(item => item.Text() is LogProbs))
        || (root["top_logprobs"] is { IsGiven: true } alternatives && alternatives.WholeNumber(0, MostAlternatives).Value.GetInt32() > 0);

    // What else a model's name has to be, chat completions know.
    private static RequestField ValidIfText(RequestField model)
    {
        if (model.IsText)
        {
            model.Text();
        }

        return model;
    }

    private static void WriteSampling(Utf8JsonWriter json, RequestField root)
    {
        // Nearly every upstream knows max_tokens, and many do not know the later max_completion_tokens.
        json.WriteIfGiven("max_tokens", root["max_output_tokens"], limit => limit.WholeNumber(1));
        json.WriteIfGiven("temperature", root["temperature"], temperature => temperature.Number(0, 2));
        json.WriteIfGiven("top_p", root["top_p"], share => share.Number(0, 1));
        if (AsksForLogProbs(root))
        {
            json.WriteBoolean("logprobs", true);
            json.WriteIfGiven("top_logprobs", root["top_logprobs"]);
        }

        if (root["reasoning"] is { IsGiven: true } reasoning)
        {
            json.WriteIfGiven("reasoning_effort", reasoning.Object()["effort"], effort => effort.RawText());
        }
    }

    private static void WriteText(Utf8JsonWriter json, RequestField text)
    {
        if (!text.IsGiven)
        {
            return;
        }

        json.WriteIfGiven("verbosity", text.Object()["verbosity"], verbosity => verbosity.RawText());
        if (text["format"] is not { IsGiven: true } format)
        {
            return;
        }

        switch (format.Object()["type"].Text())
        {
            case "text":
                break;
            case "json_object":
                json.WriteStartObject("response_format");
                json.WriteString("type", "json_object");
                json.WriteEndObject();
                break;
            case "json_schema":
                json.WriteStartObject("response_format");
                json.WriteString("type", "json_schema");
                json.WriteStartObject("json_schema");
                json.WriteRaw("name", format["name"].RawText());
                json.WriteIfGiven("description", format["description"], description => description.RawText());
                json.WriteRaw("schema", format["schema"].Object());
                json.WriteIfGiven("strict", format["strict"], strict => strict.Flag());
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            default:
                throw format["type"].Wrong("\"text\", \"json_schema\" or \"json_object\"");
        }
    }

    private static void WriteStream(Utf8JsonWriter json, RequestField root)
    {
        if (root["stream_options"] is { IsGiven: true } options)
        {
            // Nothing is padded here, whether or not somebody asks for it.
            options.Object()["include_obfuscation"].Flag();
        }

        if (root["stream"].IsTrue())
        {
            json.WriteBoolean("stream", true);
            json.WriteStartObject("stream_options");
            json.WriteBoolean("include_usage", true);
            json.WriteEndObject();
        }
    }

    /// <summary>What changes nothing in the answer must still be what it claims to be.</summary>
    private static void CheckWhatIsNotSent(RequestField root)
    {
        root["store"].Flag();
        if (root["metadata"] is { IsGiven: true } metadata)
        {
            foreach (var member in metadata.Object().Value.EnumerateObject())
            {
                new RequestField(member.Value, $"metadata.{member.Name}").RawText();
            }
        }

        if (root["truncation"] is { IsGiven: true } truncation && truncation.Text() is not ("auto" or "disabled"))
        {
            throw truncation.Wrong("\"auto\" or \"disabled\"");
        }

        if (root["max_tool_calls"] is { IsGiven: true } calls)
        {
            calls.WholeNumber(0);
        }

        if (root["prompt_cache_key"] is { IsGiven: true } key)
        {
            key.RawText();
        }
    }

    private static void PassOn(Utf8JsonWriter json, RequestField root)
    {
        foreach (var member in root.Value.EnumerateObject())
        {
            if (OfChatCompletions.TryGetValue(member.Name, out var instead))
            {
                throw new InvalidRequestException($"'{member.Name}' belongs to chat completions: {instead}.", member.Name);
            }

            if (!Known.Contains(member.Name))
            {
                json.WriteRaw(member.Name, new(member.Value, member.Name));
            }
        }
    }
}
