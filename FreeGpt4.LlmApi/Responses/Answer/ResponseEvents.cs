using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Responses.Answer;

/// <summary>
/// The events of one streamed response, numbered from 0.
/// https://platform.openai.com/docs/api-reference/responses-streaming
/// </summary>
internal sealed class ResponseEvents
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private IBufferWriter<byte> _output = new ArrayBufferWriter<byte>();
    /// <summary>How many there were, and the number of the next.</summary>
    public int Count { get; private set; }

    /// <summary>Where the next events go.</summary>
    public void To(IBufferWriter<byte> output) => _output = output;

    /// <summary>A state of the whole response: created, in progress, completed, incomplete, failed.</summary>
    public void Response(ResponseObject response, string state)
    {
        var json = Begin(state);
        json.WritePropertyName("response");
        response.Write(json);
        End(json);
    }

    public void Error(OpenAIError error)
    {
        var json = Begin("error");
        json.WriteString("code", error.Code ?? error.Type);
        json.WriteString("message", error.Message);
        json.WriteString("param", error.Param);
        End(json);
    }

    public void ItemAdded(OutputItem item) => Item("response.output_item.added", item);

    public void ItemDone(OutputItem item) => Item("response.output_item.done", item);

    public void PartAdded(OutputItem item, ContentPart part) => Part("response.content_part.added", item, part);

    public void PartDone(OutputItem item, ContentPart part) => Part("response.content_part.done", item, part);

    /// <param name="piece">A JSON string, quotes included.</param>
    public void Delta(OutputItem item, ContentPart part, ReadOnlySpan<byte> piece, IReadOnlyList<ReadOnlyMemory<byte>> logProbs)
    {
        var json = BeginFor(item, $"{TypeOf(part)}.delta");
        json.WriteNumber("content_index", part.Index);
        json.WritePropertyName("delta");
        json.WriteRawValue(piece, skipInputValidation: true);
        if (part.Kind is PartKind.Text)
        {
            LogProbs.Write(json, logProbs);
        }

        End(json);
    }

    public void TextDone(OutputItem item, ContentPart part)
    {
        var json = BeginFor(item, $"{TypeOf(part)}.done");
        json.WriteNumber("content_index", part.Index);
        part.Text.WriteTo(json, part.Kind is PartKind.Refusal ? "refusal" : "text");
        if (part.Kind is PartKind.Text)
        {
            part.WriteLogProbs(json);
        }

        End(json);
    }

    /// <inheritdoc cref="Delta"/>
    public void ArgumentsDelta(ToolCallItem call, ReadOnlySpan<byte> piece)
    {
        var json = BeginFor(call, $"{TypeOf(call)}.delta");
        json.WritePropertyName("delta");
        json.WriteRawValue(piece, skipInputValidation: true);
        End(json);
    }

    public void ArgumentsDone(ToolCallItem call)
    {
        var json = BeginFor(call, $"{TypeOf(call)}.done");
        if (!call.Tool.IsCustom)
        {
            json.WriteString("name", call.Tool.Name);
        }

        call.WriteInput(json);
        End(json);
    }

    private static string TypeOf(ContentPart part) => part.Kind switch
    {
        PartKind.Text => "response.output_text",
        PartKind.Refusal => "response.refusal",
        _ => "response.reasoning_text",
    };

    private static string TypeOf(ToolCallItem call) =>
        call.Tool.IsCustom ? "response.custom_tool_call_input" : "response.function_call_arguments";

    private void Item(string type, OutputItem item)
    {
        var json = Begin(type);
        json.WriteNumber("output_index", item.Index);
        json.WritePropertyName("item");
        item.Write(json);
        End(json);
    }

    private void Part(string type, OutputItem item, ContentPart part)
    {
        var json = BeginFor(item, type);
        json.WriteNumber("content_index", part.Index);
        json.WritePropertyName("part");
        part.Write(json);
        End(json);
    }

    private Utf8JsonWriter BeginFor(OutputItem item, string type)
    {
        var json = Begin(type);
        json.WriteString("item_id", item.Id);
        json.WriteNumber("output_index", item.Index);
        return json;
    }

    private Utf8JsonWriter Begin(string type)
    {
        _output.Write("event: "u8);
        Encoding.UTF8.GetBytes(type, _output);
        _output.Write("\ndata: "u8);
        var json = new Utf8JsonWriter(_output, WriterOptions);
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WriteNumber("sequence_number", Count++);
        return json;
    }

    private void End(Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.Dispose();
        _output.Write("\n\n"u8);
    }
}
