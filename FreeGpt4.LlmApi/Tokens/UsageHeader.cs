using FreeGpt4.LlmApi.Usage;

namespace FreeGpt4.LlmApi.Tokens;

internal static class UsageHeader
{
    /// <summary>
    /// Stands in a stream directly before the event that has the figures: when it is known that the upstream gives none, the headers
    /// have long been sent.
    /// </summary>
    public static ReadOnlySpan<byte> Comment => ": x-freegpt4-usage: estimated\n\n"u8;

    /// <summary>Says in a header, never in the body, that the figures are ours.</summary>
    public static void Tell(this HttpResponse response, TokenUsage? usage)
    {
        if (usage is { IsEstimate: true } estimate)
        {
            response.Headers["x-freegpt4-usage"] = "estimated";
            RequestRecord.Of(response.HttpContext)?.Counted(estimate);
        }
    }
}
