using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Providers;

internal enum ProviderFailure
{
    /// <summary>The key is missing, refused or out of credit; other keys may work.</summary>
    Key,

    /// <summary>Asked too often with this key.</summary>
    Limit,

    /// <summary>Asked too often from this address, whatever the key.</summary>
    AddressLimit,

    /// <summary>The upstream has no such model, or no longer.</summary>
    Model,

    /// <summary>More than the upstream takes of us at once; others may take it, and it may take less.</summary>
    TooLarge,

    /// <summary>No connection.</summary>
    Unreachable,

    /// <summary>Connected, and then nothing in time.</summary>
    Timeout,

    /// <summary>The upstream has no such <see cref="OpenAI.Operation"/>.</summary>
    Operation,

    /// <summary>The upstream says that it failed.</summary>
    Server,

    /// <summary>What came is not an answer, or not all of one.</summary>
    Answer,

    /// <summary>There is nothing in the answer, which some questions bring about.</summary>
    Empty,
}

/// <summary>A provider did not answer, and it is not the request's fault.</summary>
/// <param name="message">
/// What happened and what to do, to be read after the provider's name: "refused the key (HTTP 401): check CUSTOM_API_KEY".
/// In our words only: what an upstream says may hold its secrets or the caller's prompt.
/// </param>
internal sealed class ProviderException(ProviderFailure failure, string message, Exception? cause = null) : Exception(message, cause)
{
    public ProviderFailure Failure { get; } = failure;

    /// <summary>How long the upstream asks to be left alone.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What the caller gets if nobody else has an answer: the upstream's own words about a request that others may like better.</summary>
    public RequestRejectedException? Rejection { get; init; }
}

/// <summary>The upstream says that the request is wrong; it would be wrong elsewhere too, so its error goes back to the caller.</summary>
internal sealed class RequestRejectedException(string provider, int status, OpenAIError error) : Exception(error.Message)
{
    public string Provider { get; } = provider;

    public int Status { get; } = status;

    public OpenAIError Error { get; } = error;
}
