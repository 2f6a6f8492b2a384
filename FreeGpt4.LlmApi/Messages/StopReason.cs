namespace FreeGpt4.LlmApi.Messages;

/// <summary>Why a message ended. https://docs.anthropic.com/en/api/handling-stop-reasons</summary>
/// <param name="Sequence">The one of the caller's stop sequences that ended it, when the upstream tells which.</param>
internal readonly record struct StopReason(string Name, string? Sequence = null)
{
    /// <param name="finishReason">The upstream's word; <c>null</c> when it gave none.</param>
    /// <param name="stopText">See <see cref="SpokenChoice.StopText"/>.</param>
    public static StopReason Of(
        string? finishReason, string? stopText, IReadOnlyList<string> stopSequences, bool calledTool, bool refused) => finishReason switch
    {
        "length" => new("max_tokens"),
        "content_filter" => new("refusal"),

        // Callers go by the reason to run tools, and several servers say "stop" here.
        _ when calledTool => new("tool_use"),
        _ when refused => new("refusal"),
        _ when stopText is not null && stopSequences.Contains(stopText) => new("stop_sequence", stopText),
        _ => new("end_turn"),
    };
}
