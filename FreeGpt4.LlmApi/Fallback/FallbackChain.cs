using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Providers;

namespace FreeGpt4.LlmApi.Fallback;

/// <summary>
/// Asks the providers in order until one answers. A stream may change provider until its first content has arrived and never
/// after; a request that a provider finds wrong is not sent to another. Who has not the operation is passed over.
/// </summary>
internal sealed partial class FallbackChain(
    IEnumerable<IChatProvider> providers, IEnumerable<UnusedProvider> unused, ILogger<FallbackChain> logger)
{
    private readonly IReadOnlyList<IChatProvider> _providers = [.. providers];
    private readonly IReadOnlyList<UnusedProvider> _unused = [.. unused];

    /// <exception cref="NobodyAnsweredException"/>
    /// <exception cref="OperationNotSupportedException"/>
    /// <exception cref="ModelNotFoundException"/>
    /// <exception cref="RequestRejectedException"/>
    public Task<Routed<AnswerJson>> CompleteAsync(ModelRequest request, CancellationToken cancellationToken) =>
        AskAsync(request, CompleteAsync, cancellationToken);

    /// <summary>Returns when the first content has arrived. Afterwards the enumeration throws when the answer breaks off.</summary>
    /// <inheritdoc cref="CompleteAsync(ModelRequest, CancellationToken)"/>
    public Task<Routed<OpenedStream>> OpenStreamAsync(ModelRequest request, CancellationToken cancellationToken) =>
        AskAsync(request, OpenStreamAsync, cancellationToken);

    private async Task<Routed<T>> AskAsync<T>(
        ModelRequest request,
        Func<IChatProvider, ModelRequest, string, CancellationToken, Task<T>> ask,
        CancellationToken cancellationToken)
    {
        var failures = new List<(IChatProvider Provider, ProviderException Why)>();
        foreach (var provider in _providers)
        {
            if (!provider.Has(request.Operation) || await provider.FindModelAsync(request.Model, cancellationToken) is not { } model)
            {
                continue;
            }

            try
            {
                var answer = await ask(provider, request, model, cancellationToken);
                return new(new(provider.Name, model, failures.Count), answer);
            }
            catch (ProviderException e) when (e.Failure is ProviderFailure.Operation)
            {
                Log.HasNoOperation(logger, provider.Name, request.Operation);
            }
            catch (ProviderException e)
            {
                Log.ProviderFailed(logger, provider.Name, model, e.Failure, e.Message);
                failures.Add((provider, e));
            }
        }

        throw NoAnswer(request, failures);
    }

    private Exception NoAnswer(ModelRequest request, List<(IChatProvider Provider, ProviderException Why)> failures)
    {
        var unused = _unused.Where(provider => provider.Operations.Contains(request.Operation)).ToList();
        if (failures.Count > 0 || (_providers.Count == 0 && request.Operation == Operation.Chat))
        {
            return NobodyAnswered(failures, unused);
        }

        return _providers.Any(provider => provider.Has(request.Operation))
            ? new ModelNotFoundException(request.Model)
            : new OperationNotSupportedException(request.Operation, unused);
    }

    private static async Task<AnswerJson> CompleteAsync(
        IChatProvider provider, ModelRequest request, string model, CancellationToken cancellationToken)
    {
        var answer = await provider.CompleteAsync(request, model, cancellationToken);
        if (!answer.HasContent)
        {
            throw EmptyAnswer();
        }

        // By its place an embedding belongs to its text.
        return request.Operation != Operation.Embeddings || answer.Choices.Count(choice => choice.HasContent) >= request.Inputs
            ? answer
            : throw new ProviderException(ProviderFailure.Answer, "sent fewer embeddings than it was asked for");
    }

    private static async Task<OpenedStream> OpenStreamAsync(
        IChatProvider provider, ModelRequest request, string model, CancellationToken cancellationToken)
    {
        var chunks = provider.StreamAsync(request, model, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var opened = false;
        try
        {
            var opening = new List<AnswerJson>(2);
            while (!opened)
            {
                opening.Add(await chunks.MoveNextAsync() ? chunks.Current : throw EmptyAnswer());
                opened = chunks.Current.HasContent;
            }

            return new(opening, chunks);
        }
        finally
        {
            if (!opened)
            {
                await chunks.DisposeAsync();
            }
        }
    }

    private static ProviderException EmptyAnswer() => new(ProviderFailure.Answer, "sent an empty answer");

    private static NobodyAnsweredException NobodyAnswered(
        List<(IChatProvider Provider, ProviderException Why)> failures, IEnumerable<UnusedProvider> unused)
    {
        var reasons = failures.Select(failure => $"{failure.Provider.Name} {failure.Why.Message}.")
            .Concat(unused.Select(provider => $"{provider.Name} is not set up: {provider.WhatToDo}."));
        return new(
            $"No provider could answer. {string.Join(' ', reasons)}",
            failures.Min(failure => failure.Why.RetryAfter),
            failures.Any(failure => failure.Why.Failure is not ProviderFailure.Key));
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Provider} did not answer for {Model} ({Failure}): it {Reason}.")]
        public static partial void ProviderFailed(ILogger logger, string provider, string model, ProviderFailure failure, string reason);

        [LoggerMessage(2, LogLevel.Information, "{Provider} has no {Operation}; for a while it is not asked for them.")]
        public static partial void HasNoOperation(ILogger logger, string provider, Operation operation);
    }
}
