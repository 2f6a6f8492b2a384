using FreeGpt4.LlmApi.ModelCatalog;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Providers;
using FreeGpt4.LlmApi.Settings;
using FreeGpt4.LlmApi.Usage;

namespace FreeGpt4.LlmApi.Fallback;

/// <summary>
/// Asks those who may have an answer in order until one has. A stream may change provider until its first content has arrived and never
/// after; a request that a provider finds wrong is not sent to another. Who is cooling down, and who has not the operation, is passed over.
/// Nobody is sent a request again, unless with another key after the first was refused.
/// </summary>
internal sealed partial class FallbackChain(
    ModelRouter router,
    ProviderHealth health,
    Live<FallbackOptions> options,
    GenAIMetrics metrics,
    IHttpContextAccessor http,
    TimeProvider time,
    ILogger<FallbackChain> logger)
{
    /// <summary>How much longer the last of several is waited for.</summary>
    private const double LastPatience = 2;

    // In less time than that nobody answers, and asking would count against who is asked.
    private static readonly TimeSpan TooShort = TimeSpan.FromMilliseconds(50);

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
        ModelRequest request, Func<Attempt, ProviderCall, Asking, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var timeout = options.Current.Timeout;
        var record = RequestRecord.Of(http.HttpContext);
        record?.Ask(request);
        var route = await router.FindAsync(request, cancellationToken);
        var failures = new Failures(route);
        for (var i = 0; i < route.Candidates.Count; i++)
        {
            var candidate = route.Candidates[i];
            var tried = new List<ApiKey>();
            var hasLimitedKey = false;
            while (await health.EnterAsync(candidate, tried, cancellationToken) is var admission)
            {
                var timeLeft = timeout - time.GetElapsedTime(start);
                if (admission.Attempt is not { } attempt || timeLeft < TooShort)
                {
                    failures.Pass(candidate, admission.Why, timeout);
                    break;
                }

                var asking = new Asking(metrics, record, new(candidate.Provider.Name, candidate.Model, failures.Asked), request.Operation, time);
                var isLast = i > 0 && i == route.Candidates.Count - 1;
                var call = new ProviderCall(request, candidate.Model, attempt.Key)
                {
                    ModelIsCallers = candidate.IsCallersName,
                    TimeLeft = timeLeft,
                    Patience = isLast ? LastPatience : 1,
                };
                try
                {
                    var answer = await ask(attempt, call, asking, cancellationToken);
                    health.Answered(attempt, call.RateLimits);
                    return new(asking.Route, answer);
                }
                catch (RequestRejectedException)
                {
                    // Whoever finds fault with a request is well.
                    asking.Ended(nameof(RequestRejectedException));
                    health.Answered(attempt, call.RateLimits);
                    health.Succeeded(attempt);
                    throw;
                }
                catch (ProviderException e) when (e.Failure is ProviderFailure.Operation)
                {
                    Log.HasNoOperation(logger, candidate.Provider.Name, request.Operation);
                    asking.Ended(e.Failure.ToString());
                    failures.AddWithoutOperation();
                    break;
                }
                catch (ProviderException e)
                {
                    asking.Ended(e.Failure.ToString());
                    var why = hasLimitedKey ? OfAllKeys(e) : e;
                    hasLimitedKey |= e.Failure is ProviderFailure.Limit;
                    Log.ProviderFailed(logger, candidate.Provider.Name, candidate.Model, why.Failure, why.Message);
                    failures.Add(candidate, why, health.Failed(attempt, why) - time.GetUtcNow());
                    if (why.Failure is not (ProviderFailure.Key or ProviderFailure.Limit) || attempt.Key is null)
                    {
                        break;
                    }

                    tried.Add(attempt.Key);
                }
                catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
                {
                    asking.Ended(GenAIMetrics.Cancelled);
                    throw;
                }
            }
        }

        record?.AskedInVain(failures.Asked);
        throw failures.ToException(request, time);
    }

    /// <summary>A second key that is asked too often at once shows that it is not the keys: then the others are not tried, and all wait.</summary>
    private static ProviderException OfAllKeys(ProviderException why) =>
        why.Failure is ProviderFailure.Limit
            ? new(ProviderFailure.AddressLimit, why.Message, why) { RetryAfter = why.RetryAfter }
            : why;

    private async Task<AnswerJson> CompleteAsync(Attempt attempt, ProviderCall call, Asking asking, CancellationToken cancellationToken)
    {
        var answer = await attempt.Candidate.Provider.Client.CompleteAsync(call, cancellationToken);
        if (!answer.HasContent)
        {
            throw EmptyAnswer();
        }

        // By its place an embedding belongs to its text.
        if (call.Operation == Operation.Embeddings && answer.Choices.Count(choice => choice.HasContent) < call.Request.Inputs)
        {
            throw new ProviderException(ProviderFailure.Empty, "sent fewer embeddings than it was asked for");
        }

        health.Succeeded(attempt);
        asking.Took(answer);
        return answer;
    }

    private async Task<OpenedStream> OpenStreamAsync(Attempt attempt, ProviderCall call, Asking asking, CancellationToken cancellationToken)
    {
        var chunks = attempt.Candidate.Provider.Client.StreamAsync(call, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var opened = false;
        try
        {
            var opening = new List<AnswerJson>(2);
            while (!opened)
            {
                opening.Add(await chunks.MoveNextAsync() ? chunks.Current : throw EmptyAnswer());
                opened = chunks.Current.HasContent;
            }

            asking.Opened();
            return new(opening, chunks, asking, () => health.Succeeded(attempt), broken => health.Failed(attempt, broken));
        }
        finally
        {
            if (!opened)
            {
                await chunks.DisposeAsync();
            }
        }
    }

    private static ProviderException EmptyAnswer() => new(ProviderFailure.Empty, "sent an empty answer");

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Provider} did not answer for {Model} ({Failure}): it {Reason}.")]
        public static partial void ProviderFailed(ILogger logger, string provider, string model, ProviderFailure failure, string reason);

        [LoggerMessage(2, LogLevel.Information, "{Provider} has no {Operation}; for a while it is not asked for them.")]
        public static partial void HasNoOperation(ILogger logger, string provider, Operation operation);
    }
}
