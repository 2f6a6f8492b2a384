using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using FreeGpt4.LlmApi.Errors;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Messages;

/// <summary>
/// <c>{"type":"error","error":{"type":…,"message":…},"request_id":…}</c>. https://docs.anthropic.com/en/api/errors
/// </summary>
internal sealed class AnthropicErrorFormat : IErrorFormat
{
    public const string RequestId = "request-id";

    // Known to these callers for "all are busy, try again", and to nobody else.
    private const int Overloaded = 529;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string ContentType => "application/json";

    public int StatusOf(OpenAIFailure failure) =>
        failure is { Status: StatusCodes.Status503ServiceUnavailable, IsRetryUseless: false } ? Overloaded : failure.Status;

    public void Write(OpenAIFailure failure, HttpContext context, IBufferWriter<byte> output)
    {
        context.Response.Headers[RequestId] = context.TraceIdentifier;
        Write(TypeOf(StatusOf(failure)), failure.Error.Message, context.TraceIdentifier, output);
    }

    /// <summary>For an error in a stream, whose status was sent long before.</summary>
    public static void Write(OpenAIError error, string requestId, IBufferWriter<byte> output)
    {
        var type = error switch
        {
            { Code: "no_provider_answered" } => TypeOf(Overloaded),
            { Code: "model_not_found" } => TypeOf(StatusCodes.Status404NotFound),
            { Type: OpenAIError.InvalidRequest } => TypeOf(StatusCodes.Status400BadRequest),
            _ => TypeOf(StatusCodes.Status500InternalServerError),
        };
        Write(type, error.Message, requestId, output);
    }

    private static void Write(string type, string message, string requestId, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, Options);
        writer.WriteStartObject();
        writer.WriteString("type"u8, "error"u8);
        writer.WriteStartObject("error"u8);
        writer.WriteString("type"u8, type);
        writer.WriteString("message"u8, message);
        writer.WriteEndObject();
        writer.WriteString("request_id"u8, requestId);
        writer.WriteEndObject();
    }

    private static string TypeOf(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => "authentication_error",
        StatusCodes.Status403Forbidden => "permission_error",
        StatusCodes.Status404NotFound => "not_found_error",
        StatusCodes.Status413PayloadTooLarge => "request_too_large",
        StatusCodes.Status429TooManyRequests => "rate_limit_error",
        Overloaded => "overloaded_error",
        < 500 => "invalid_request_error",
        _ => "api_error",
    };
}
