using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>
/// One upstream that answers chats, and perhaps other requests. An adapter speaks its vendor's format, and knows nothing of other
/// providers: it is asked once, and says in a <see cref="ProviderException"/> why it could not answer.
/// </summary>
internal interface IChatProvider
{
    /// <summary>Whether it can be asked for that, as far as is known.</summary>
    bool Has(Operation operation);

    /// <summary>The answer in the shape that the request's <see cref="Operation"/> wants.</summary>
    /// <exception cref="ProviderException">No answer; another provider may have one.</exception>
    /// <exception cref="RequestRejectedException">The request itself is at fault.</exception>
    Task<AnswerJson> CompleteAsync(ProviderCall call, CancellationToken cancellationToken);

    /// <summary>
    /// The chunks as they arrive. Ends by itself only after a whole answer; one that breaks off ends in an exception.
    /// Stopping the enumeration stops the upstream.
    /// </summary>
    /// <inheritdoc cref="CompleteAsync"/>
    IAsyncEnumerable<AnswerJson> StreamAsync(ProviderCall call, CancellationToken cancellationToken);
}
