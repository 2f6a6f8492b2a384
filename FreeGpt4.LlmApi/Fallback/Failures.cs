using FreeGpt4.LlmApi.Fallback.Cooldowns;
using FreeGpt4.LlmApi.ModelCatalog;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Providers;

namespace FreeGpt4.LlmApi.Fallback;

/// <summary>Why nobody has answered one request so far.</summary>
internal sealed class Failures(ModelRoute route)
{
    private readonly List<Failure> _all = [];
    private int _withoutOperation;

    /// <summary>How many providers were asked in vain.</summary>
    public int Asked { get; private set; }

    public void Add(Candidate candidate, ProviderException why, TimeSpan? wait)
    {
        // With its next key it is still the same provider.
        Asked += _all is [.., var last] && last.Candidate == candidate ? 0 : 1;
        _all.Add(new(candidate, why.Failure, why.Message, wait, null, why.Rejection));
    }

    /// <param name="cooldown">Why it could not be asked; <c>null</c> when it was, and when the time was over before.</param>
    public void Pass(Candidate candidate, Cooldown? cooldown, TimeSpan timeout)
    {
        if (cooldown is not null)
        {
            _all.Add(new(candidate, cooldown.Failure, cooldown.Reason, null, cooldown.Until, null));
        }
        else if (!_all.Exists(failure => failure.Candidate == candidate))
        {
            _all.Add(new(candidate, ProviderFailure.Timeout, $"was not asked, since FALLBACK_TIMEOUT ({timeout.TotalSeconds:0.###} s) had passed", null, null, null));
        }
    }

    public void AddWithoutOperation() => _withoutOperation++;

    public Exception ToException(ModelRequest request, TimeProvider time)
    {
        if (_withoutOperation > 0 && _all.Count == 0)
        {
            return new OperationNotSupportedException(request.Operation, route.Unused);
        }

        // Everybody who was asked has no such model, or takes no request of that size: what the last of them said is the answer.
        if (_all is [.., { Rejection: { } rejection }] && _all.TrueForAll(failure => failure.Rejection is not null) && route.Absent is [])
        {
            return rejection;
        }

        var lines = _all.GroupBy(failure => failure.Candidate.Provider.Name).Select(ofOne => Line(ofOne.Key, ofOne.Last(), time))
            .Concat(route.Absent.Select(absent => $"{absent.Name} {absent.Absence?.Words}."))
            .Concat(route.Unused.Select(provider => $"{provider.Name} is not set up: {provider.WhatToDo}."));
        return new NobodyAnsweredException(
            string.Join('\n', lines.Prepend("No provider could answer.")),
            _all.Min(failure => Wait(failure, time)),
            mayRecover: route.Absent is [_, ..] || _all.Exists(failure => failure.Why is not ProviderFailure.Key),
            isLimit: route.Absent is [] && _all is [_, ..] && _all.TrueForAll(failure => failure.Why is ProviderFailure.Limit or ProviderFailure.AddressLimit));
    }

    private static string Line(string provider, Failure failure, TimeProvider time) => failure.Until is { } until
        ? $"{provider} {failure.Reason}; it is left alone for another {Math.Ceiling((until - time.GetUtcNow()).TotalSeconds):0} s."
        : $"{provider} {failure.Reason}.";

    private static TimeSpan? Wait(Failure failure, TimeProvider time)
    {
        var wait = failure.Until - time.GetUtcNow() ?? failure.Wait;
        return wait > TimeSpan.Zero ? wait : null;
    }

    private sealed record Failure(
        Candidate Candidate, ProviderFailure Why, string Reason, TimeSpan? Wait, DateTimeOffset? Until, RequestRejectedException? Rejection);
}
