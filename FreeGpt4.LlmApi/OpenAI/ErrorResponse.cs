using System.Text.Json;
using System.Text.Json.Serialization;

namespace FreeGpt4.LlmApi.OpenAI;

/// <summary>
/// <c>{"error":{"message":…,"type":…,"param":…,"code":…}}</c>; all four members always, <c>null</c> where there is nothing to say.
/// </summary>
public sealed record ErrorResponse(OpenAIError Error);

/// <param name="Message">One line for a person: what, the value, what to do.</param>
/// <param name="Type"><c>invalid_request_error</c>, <c>server_error</c>, …</param>
/// <param name="Param">The request member at fault.</param>
/// <param name="Code">A word for programs, such as <c>model_not_found</c>.</param>
public sealed record OpenAIError(string Message, string Type, string? Param = null, string? Code = null)
{
    public const string InvalidRequest = "invalid_request_error";
    public const string Server = "server_error";

    /// <summary>What an upstream says beyond the four members.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Further { get; set; }
}
