using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Providers;
using FreeGpt4.LlmApi.Tokens;

namespace FreeGpt4.LlmApi.Messages;

/// <summary>A whole answer as a message object.</summary>
internal static class MessageWriter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="ProviderException">The answer calls a tool in a way that no message can hold.</exception>
    public static ReadOnlyMemory<byte> Write(MessagesRequest request, AnswerJson answer, ProviderRoute route, TokenUsage usage)
    {
        using var choice = SpokenChoice.Read(answer, answer.Choices[0]);
        var output = new ArrayBufferWriter<byte>(answer.Json.Length + 256);
        using var writer = new Utf8JsonWriter(output, Options);
        writer.WriteStartObject();
        WriteIdentity(writer, answer, route);
        writer.WriteStartArray("content"u8);
        var calledTool = WriteContent(request, choice, writer);
        writer.WriteEndArray();
        WriteStop(
            writer,
            StopReason.Of(choice.FinishReason, choice.StopText, request.StopSequences, calledTool, choice.Refusal is not null));
        WriteUsage(writer, usage);
        writer.WriteEndObject();
        writer.Flush();
        return output.WrittenMemory;
    }

    /// <summary>The members of a message before its content. The id is ours: a chat's has another form.</summary>
    public static void WriteIdentity(Utf8JsonWriter writer, AnswerJson answer, ProviderRoute route)
    {
        writer.WriteString("id"u8, $"msg_{Guid.NewGuid():N}");
        writer.WriteString("type"u8, "message"u8);
        writer.WriteString("role"u8, "assistant"u8);
        if (answer.Model.IsText)
        {
            writer.WritePropertyName("model"u8);
            writer.WriteRawValue(answer.Model.In(answer.Json), skipInputValidation: true);
        }
        else
        {
            writer.WriteString("model"u8, route.Model);
        }
    }

    public static void WriteStop(Utf8JsonWriter writer, StopReason reason)
    {
        writer.WriteString("stop_reason"u8, reason.Name);
        writer.WriteString("stop_sequence"u8, reason.Sequence);
    }

    public static void WriteUsage(Utf8JsonWriter writer, TokenUsage usage)
    {
        writer.WriteStartObject("usage"u8);

        // A chat's prompt tokens include those that came from a cache.
        writer.WriteNumber("input_tokens"u8, usage.Prompt - (usage.Cached ?? 0));
        if (usage.Cached is { } cached)
        {
            writer.WriteNumber("cache_read_input_tokens"u8, cached);
        }

        writer.WriteNumber("output_tokens"u8, usage.Completion);
        writer.WriteEndObject();
    }

    /// <summary>The members of a <c>tool_use</c> block before its input. Only the model itself calls tools here: the caller is direct.</summary>
    public static void WriteToolUse(Utf8JsonWriter writer, JsonText id, JsonText name)
    {
        writer.WriteString("type"u8, "tool_use"u8);
        WriteRaw(writer, "id"u8, id);
        WriteRaw(writer, "name"u8, name);
        writer.WriteStartObject("caller"u8);
        writer.WriteString("type"u8, "direct"u8);
        writer.WriteEndObject();
    }

    /// <summary>The id of a call for which the upstream has none.</summary>
    public static JsonText NewCallId() => JsonText.Quote(Encoding.ASCII.GetBytes($"toolu_{Guid.NewGuid():N}"));

    public static ProviderException NamelessCall() => new(ProviderFailure.Answer, "called a tool without saying which");

    private static bool WriteContent(MessagesRequest request, SpokenChoice choice, Utf8JsonWriter writer)
    {
        if (request.WantsThinking && choice.Thinking is { } thinking)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "thinking"u8);
            WriteRaw(writer, "thinking"u8, thinking);
            writer.WriteString("signature"u8, ""u8);
            writer.WriteEndObject();
        }

        JsonText[] texts = [.. choice.Texts.Select(text => (JsonText)text)];
        JsonText[] refusal = choice.Refusal is { } words ? [words] : [];
        foreach (var text in (JsonText[])[.. texts, .. refusal])
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "text"u8);
            WriteRaw(writer, "text"u8, text);
            writer.WriteEndObject();
        }

        var calledTool = false;
        foreach (var call in choice.ToolCalls)
        {
            calledTool |= WriteCall(call, isCutShort: choice.FinishReason is "length", writer);
        }

        return calledTool;
    }

    private static bool WriteCall(ToolCallPiece call, bool isCutShort, Utf8JsonWriter writer)
    {
        var name = call.Name ?? throw NamelessCall();
        var input = Input(call.Arguments);
        if (input is null)
        {
            // Half a call must not be taken for one without arguments.
            return isCutShort
                ? false
                : throw new ProviderException(ProviderFailure.Answer, "called a tool with arguments that are not a JSON object");
        }

        writer.WriteStartObject();
        WriteToolUse(writer, call.Id is { } id ? id : NewCallId(), name);
        writer.WritePropertyName("input"u8);
        writer.WriteRawValue(input, skipInputValidation: true);
        writer.WriteEndObject();
        return true;
    }

    /// <returns><c>null</c> for arguments that are not an object.</returns>
    private static byte[]? Input(JsonElement? arguments)
    {
        if (arguments is not { } given)
        {
            return "{}"u8.ToArray();
        }

        try
        {
            var json = given.ValueKind is JsonValueKind.Object ? given.GetRawText() : given.GetString()!;
            using var document = JsonDocument.Parse(json, new() { MaxDepth = ChatCompletionRequest.MaxDepth });
            return document.RootElement.ValueKind is JsonValueKind.Object ? Encoding.UTF8.GetBytes(json) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static void WriteRaw(Utf8JsonWriter writer, ReadOnlySpan<byte> name, JsonText value)
    {
        writer.WritePropertyName(name);
        writer.WriteRawValue(value.Json, skipInputValidation: true);
    }
}
