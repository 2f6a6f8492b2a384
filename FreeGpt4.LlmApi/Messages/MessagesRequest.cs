using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Messages;

/// <summary>
/// A request for a message, put as a chat request. Texts, images and schemas are carried over byte for byte.
/// https://docs.anthropic.com/en/api/messages
/// </summary>
/// <param name="Chat">The same question to a server that speaks the OpenAI format.</param>
/// <param name="StopSequences">To recognise in an answer what ended it.</param>
/// <param name="WantsThinking">The caller asked to be shown what the model thinks.</param>
internal sealed record MessagesRequest(ChatCompletionRequest Chat, IReadOnlyList<string> StopSequences, bool WantsThinking)
{
    // What a chat server may be told though the Messages API has no name for it. Anything else that we do not know stays here: it is
    // of a newer version of the API, and strict servers refuse what they do not know.
    private static readonly string[] ChatMembers =
        ["seed", "frequency_penalty", "presence_penalty", "repetition_penalty", "min_p", "logit_bias", "reasoning_effort", "chat_template_kwargs"];

    private static readonly string[] Unsupported = ["container", "mcp_servers"];

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="InvalidRequestException">The body is no request for a message, or for one that cannot be had here.</exception>
    public static MessagesRequest Parse(ReadOnlyMemory<byte> body) =>
        RequestObject.Read(body, request => Translate(request, isAsked: true));

    /// <summary>For a body that only counts: it has no <c>max_tokens</c>.</summary>
    /// <inheritdoc cref="Parse"/>
    public static MessagesRequest ParseForCount(ReadOnlyMemory<byte> body) =>
        RequestObject.Read(body, request => Translate(request, isAsked: false));

    private static MessagesRequest Translate(RequestObject request, bool isAsked)
    {
        if (Unsupported.FirstOrDefault(member => request.TryGet(member, out var value) && !IsEmpty(value)) is { } unsupported)
        {
            throw request.Wrong(unsupported, "is not supported");
        }

        var chat = new ArrayBufferWriter<byte>();
        var stops = request.Texts("stop_sequences");
        var wantsThinking = WantsToSeeThinking(request);
        using (var writer = new Utf8JsonWriter(chat, WriterOptions))
        {
            writer.WriteStartObject();
            Copy(request, "model", writer);
            WriteMessages(request, writer);
            ChatTools.Write(request, writer);
            WriteFormat(request, writer);
            WriteLimits(request, stops, isAsked, writer);
            if (request.TryGetObject("metadata", out var metadata) && metadata.TryGetText("user_id", out var user))
            {
                WriteRaw(writer, "user", user);
            }

            foreach (var member in ChatMembers)
            {
                Copy(request, member, writer);
            }

            if (request.Flag("stream"))
            {
                // Usage is part of every message.
                writer.WriteBoolean("stream"u8, true);
                writer.WriteStartObject("stream_options"u8);
                writer.WriteBoolean("include_usage"u8, true);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        return new(ChatCompletionRequest.Parse(chat.WrittenMemory), [.. stops.Select(stop => stop.GetString()!)], wantsThinking);
    }

    private static void WriteMessages(RequestObject request, Utf8JsonWriter writer)
    {
        request.Required("messages");
        var messages = request.Objects("messages");
        if (messages.Count == 0)
        {
            throw request.Wrong("messages", "must have at least one message");
        }

        var chat = new ChatMessages(writer);
        writer.WriteStartArray("messages"u8);
        chat.WriteSystem(request);
        foreach (var message in messages)
        {
            chat.Write(message);
        }

        writer.WriteEndArray();
    }

    private static void WriteLimits(RequestObject request, IReadOnlyList<JsonElement> stops, bool isAsked, Utf8JsonWriter writer)
    {
        if (request.TryGetWholeNumber("max_tokens", least: 1, out var most))
        {
            writer.WriteNumber("max_tokens"u8, most);
        }
        else if (isAsked)
        {
            request.Required("max_tokens");
        }

        if (stops.Count > 0)
        {
            writer.WriteStartArray("stop"u8);
            foreach (var stop in stops)
            {
                writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(stop), skipInputValidation: true);
            }

            writer.WriteEndArray();
        }

        foreach (var member in (string[])["temperature", "top_p"])
        {
            if (request.TryGetNumber(member, out var value))
            {
                WriteRaw(writer, member, value);
            }
        }

        if (request.TryGetWholeNumber("top_k", least: 0, out var candidates))
        {
            writer.WriteNumber("top_k"u8, candidates);
        }
    }

    // {"format":{"type":"json_schema","schema":{…}}}; the effort beside it is left out as the budget for thinking is.
    private static void WriteFormat(RequestObject request, Utf8JsonWriter writer)
    {
        if (!request.TryGetObject("output_config", out var output) || !output.TryGetObject("format", out var format))
        {
            return;
        }

        if (format.Word("type") is not "json_schema" and var type)
        {
            throw format.Wrong("type", $"is '{type}', which is not supported: 'json_schema' is");
        }

        writer.WriteStartObject("response_format"u8);
        writer.WriteString("type"u8, "json_schema"u8);
        writer.WriteStartObject("json_schema"u8);
        writer.WriteString("name"u8, "answer"u8);
        writer.WriteBoolean("strict"u8, true);
        WriteRaw(writer, "schema", format.ObjectJson("schema"));
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>
    /// Whether to show it is up to us. How long to think is not: chat servers have no budget for it, and for models that do not
    /// think they refuse <c>reasoning_effort</c>, so the model's own measure stands.
    /// </summary>
    private static bool WantsToSeeThinking(RequestObject request)
    {
        if (!request.TryGetObject("thinking", out var thinking))
        {
            return false;
        }

        var isHidden = thinking.Has("display") && thinking.Word("display") is "omitted";
        return thinking.Word("type") switch
        {
            "disabled" => false,
            "enabled" or "adaptive" => !isHidden,
            _ => throw thinking.Wrong("type", "must be 'enabled', 'adaptive' or 'disabled'"),
        };
    }

    private static bool IsEmpty(JsonElement value) => value.ValueKind is JsonValueKind.Array && value.GetArrayLength() == 0;

    private static void Copy(RequestObject request, string member, Utf8JsonWriter writer)
    {
        if (request.TryGet(member, out var value))
        {
            WriteRaw(writer, member, value);
        }
    }

    private static void WriteRaw(Utf8JsonWriter writer, string name, JsonElement value)
    {
        writer.WritePropertyName(name);
        writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
    }
}
