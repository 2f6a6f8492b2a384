using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>One question to one provider.</summary>
/// <param name="Model">The provider's name for the model.</param>
/// <param name="Key">The key to ask with, if any.</param>
internal sealed record ProviderCall(ModelRequest Request, string Model, ApiKey? Key)
{
    public Operation Operation => Request.Operation;

    /// <summary>The model's name is the caller's: if there is no such model, that is the request's fault and not ours.</summary>
    public bool ModelIsCallers { get; init; }

    /// <summary>How much longer than usual to wait for the first token: nobody stands behind the last one who is asked.</summary>
    public double Patience { get; init; } = 1;

    /// <summary>What is left of the time that all providers together have.</summary>
    public TimeSpan TimeLeft { get; init; } = TimeSpan.MaxValue;

    /// <summary>What the upstream said about how often it may be asked.</summary>
    public RateLimits? RateLimits { get; set; }

    public TimeSpan FirstTokenTimeout(ProviderOptions options) => Shorter(options.FirstTokenTimeout * Patience);

    public TimeSpan AnswerTimeout(ProviderOptions options) => Shorter(options.AnswerTimeout);

    private TimeSpan Shorter(TimeSpan timeout) => timeout < TimeLeft ? timeout : TimeLeft;
}
