namespace FreeGpt4.LlmApi.OpenAI;

/// <summary>The caller's fault; the message is for the caller.</summary>
internal sealed class InvalidRequestException(
    string message, string? param = null, string? code = null, int status = StatusCodes.Status400BadRequest) : Exception(message)
{
    public OpenAIError Error { get; } = new(message, OpenAIError.InvalidRequest, param, code);

    public int Status { get; } = status;
}
