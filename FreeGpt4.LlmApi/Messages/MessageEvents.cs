using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Tokens;

namespace FreeGpt4.LlmApi.Messages;

/// <summary>The events of a streamed message. https://docs.anthropic.com/en/api/messages-streaming</summary>
/// <param name="output">Where they go: the reply, or a place to wait.</param>
internal readonly struct MessageEvents(IBufferWriter<byte> output)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The usage is not known yet, and comes with the last event but one.</summary>
    public void MessageStart(AnswerJson chunk, ProviderRoute route)
    {
        using var writer = Begin("message_start"u8);
        writer.WriteStartObject("message"u8);
        MessageWriter.WriteIdentity(writer, chunk, route);
        writer.WriteStartArray("content"u8);
        writer.WriteEndArray();
        writer.WriteNull("stop_reason"u8);
        writer.WriteNull("stop_sequence"u8);
        MessageWriter.WriteUsage(writer, default);
        writer.WriteEndObject();
        End(writer);
    }

    public void BlockStart(int index, MessageBlock block)
    {
        using var writer = Begin("content_block_start"u8);
        writer.WriteNumber("index"u8, index);
        writer.WriteStartObject("content_block"u8);
        switch (block.Kind)
        {
            case MessageBlockKind.Text:
                writer.WriteString("type"u8, "text"u8);
                writer.WriteString("text"u8, ""u8);
                break;
            case MessageBlockKind.Thinking:
                writer.WriteString("type"u8, "thinking"u8);
                writer.WriteString("thinking"u8, ""u8);
                writer.WriteString("signature"u8, ""u8);
                break;
            case MessageBlockKind.ToolUse:
                MessageWriter.WriteToolUse(writer, block.Id ?? MessageWriter.NewCallId(), block.Name ?? throw MessageWriter.NamelessCall());
                writer.WriteStartObject("input"u8);
                writer.WriteEndObject();
                break;
        }

        writer.WriteEndObject();
        End(writer);
    }

    /// <param name="inner">What is added, as it stands between the quotes of a JSON string.</param>
    public void BlockDelta(int index, MessageBlockKind kind, ReadOnlySpan<byte> inner)
    {
        output.Write("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":"u8);
        output.Write(Encoding.ASCII.GetBytes($"{index}"));
        output.Write(kind switch
        {
            MessageBlockKind.Thinking => ",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\""u8,
            MessageBlockKind.ToolUse => ",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\""u8,
            _ => ",\"delta\":{\"type\":\"text_delta\",\"text\":\""u8,
        });
        output.Write(inner);
        output.Write("\"}}\n\n"u8);
    }

    public void BlockStop(int index)
    {
        using var writer = Begin("content_block_stop"u8);
        writer.WriteNumber("index"u8, index);
        End(writer);
    }

    public void MessageDelta(StopReason reason, TokenUsage usage)
    {
        output.Write(usage.IsEstimate ? UsageHeader.Comment : default);
        using var writer = Begin("message_delta"u8);
        writer.WriteStartObject("delta"u8);
        MessageWriter.WriteStop(writer, reason);
        writer.WriteEndObject();
        MessageWriter.WriteUsage(writer, usage);
        End(writer);
    }

    public void MessageStop()
    {
        using var writer = Begin("message_stop"u8);
        End(writer);
    }

    public void Error(OpenAIError error, string requestId)
    {
        output.Write("event: error\ndata: "u8);
        AnthropicErrorFormat.Write(error, requestId, output);
        output.Write("\n\n"u8);
    }

    private Utf8JsonWriter Begin(ReadOnlySpan<byte> type)
    {
        output.Write("event: "u8);
        output.Write(type);
        output.Write("\ndata: "u8);
        var writer = new Utf8JsonWriter(output, Options);
        writer.WriteStartObject();
        writer.WriteString("type"u8, type);
        return writer;
    }

    private void End(Utf8JsonWriter writer)
    {
        writer.WriteEndObject();
        writer.Flush();
        output.Write("\n\n"u8);
    }
}
