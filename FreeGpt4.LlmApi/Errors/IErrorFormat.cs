using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Errors;

/// <summary>How the callers of a route read an error; metadata of the route. Without it a route has OpenAI's.</summary>
internal interface IErrorFormat
{
    string ContentType { get; }

    /// <summary>The status by which these callers know such a failure.</summary>
    int StatusOf(OpenAIFailure failure) => failure.Status;

    void Write(OpenAIFailure failure, HttpContext context, IBufferWriter<byte> output);
}

/// <summary>How to write an error when no route was found that says it: unknown paths, wrong methods.</summary>
/// <param name="AppliesTo">By what the caller can be known.</param>
internal sealed record UnroutedErrorFormat(Func<HttpRequest, bool> AppliesTo, IErrorFormat Format);

/// <summary><see cref="ErrorResponse"/>, on every route whose callers speak JSON.</summary>
internal sealed class OpenAIErrorFormat : IErrorFormat
{
    public string ContentType => "application/json";

    public void Write(OpenAIFailure failure, HttpContext context, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, OpenAIJsonContext.WireOptions);
        JsonSerializer.Serialize(writer, new(failure.Error), OpenAIJsonContext.Wire.ErrorResponse);
    }
}

/// <summary>The message alone, for callers who show what they get to a person.</summary>
internal sealed class PlainTextErrorFormat : IErrorFormat
{
    public string ContentType => "text/plain; charset=utf-8";

    public void Write(OpenAIFailure failure, HttpContext context, IBufferWriter<byte> output) =>
        Encoding.UTF8.GetBytes($"{failure.Error.Message}\n", output);
}

/// <summary>As FreeGPT4 wrote errors: a paragraph of HTML, with the status of success.</summary>
internal sealed class ParagraphErrorFormat : IErrorFormat
{
    public string ContentType => "text/html; charset=utf-8";

    public int StatusOf(OpenAIFailure failure) => StatusCodes.Status200OK;

    public void Write(OpenAIFailure failure, HttpContext context, IBufferWriter<byte> output) =>
        Encoding.UTF8.GetBytes($"<p id='response'>{HtmlEncoder.Default.Encode(failure.Error.Message)}</p>", output);
}
