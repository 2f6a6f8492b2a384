namespace FreeGpt4.LlmApi.Fallback;

/// <summary>Every provider that could be asked failed, or there is none; the message says for each on a line why, and what to do.</summary>
/// <param name="retryAfter">When the first of them can be asked again.</param>
/// <param name="mayRecover">Whether asking again can help without anybody changing a setting.</param>
/// <param name="isLimit">They were asked too often, all of them.</param>
internal sealed class NobodyAnsweredException(string message, TimeSpan? retryAfter, bool mayRecover, bool isLimit = false) : Exception(message)
{
    public TimeSpan? RetryAfter { get; } = retryAfter;

    public bool MayRecover { get; } = mayRecover;

    public bool IsLimit { get; } = isLimit;
}

/// <summary>There are providers, and none has the model.</summary>
internal sealed class ModelNotFoundException(string model)
    : Exception($"The model '{model}' does not exist here. GET /v1/models lists those that do; \"auto\" leaves the choice to the gateway.");
