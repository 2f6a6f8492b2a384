using System.Collections.Concurrent;
using FreeGpt4.LlmApi.Fallback.Cooldowns;
using FreeGpt4.LlmApi.Providers;

namespace FreeGpt4.LlmApi.Fallback;

/// <summary>Who may be asked now, with which key, and what the last answers say about that.</summary>
/// <remarks>
/// A failure sets aside what is at fault: a key, a model, or the provider with all its keys. It stays so for as long as the upstream asks,
/// else for a time that doubles with each failure in a row. Requests that were under way when it began do not count again. A success ends
/// what began before it was asked for.
/// </remarks>
internal sealed class ProviderHealth(ICooldownStore store, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, uint> _turns = new();
    private readonly ConcurrentDictionary<string, LastAnswer> _lastAnswers = new();

    public LastAnswer? LastAnswerOf(Provider provider) => _lastAnswers.GetValueOrDefault(provider.Name);

    /// <summary>The cool-down of a provider, or the first to end of its keys when all have one.</summary>
    public Cooldown? CooldownOf(Provider provider) => Active(provider.Name) is { } cooldown
        ? cooldown
        : provider.Options.Keys is [_, ..] keys && keys.Select(key => Active(KeyScope(provider, key))).ToList() is var all && !all.Contains(null)
            ? all.MinBy(one => one!.Until)
            : null;

    /// <summary>How many of the allowed requests are left, by window; empty where nothing is known.</summary>
    public IEnumerable<(TimeSpan Window, int Limit, int Left)> AllowanceOf(Provider provider) =>
        from limit in provider.Options.Limits is { PerModel: false } limits ? limits.Windows : []
        select (limit.Window, limit.Count, Math.Max(0, limit.Count - store.Count(provider.Name, limit.Window)));

    /// <param name="tried">Keys that this request has tried.</param>
    public async ValueTask<Admission> EnterAsync(Candidate candidate, IReadOnlyCollection<ApiKey> tried, CancellationToken cancellationToken)
    {
        var provider = candidate.Provider;
        if ((Active(provider.Name) ?? Active(ModelScope(candidate))) is { } cooldown)
        {
            return new(null, cooldown);
        }

        var key = provider.Options.FixedKey;
        if (provider.Options.Keys is [_, ..] keys)
        {
            var untried = InTurn(provider.Name, keys).Except(tried).ToList();
            key = untried.Find(one => Active(KeyScope(provider, one)) is null);
            if (key is null)
            {
                return new(null, untried.Select(one => Active(KeyScope(provider, one))).MinBy(one => one?.Until));
            }
        }

        var now = time.GetUtcNow();
        if (provider.Options.Limits is { } limits
            && await store.ReserveAsync(limits.PerModel ? ModelScope(candidate) : provider.Name, limits, cancellationToken) is { } wait)
        {
            var reason = $"was asked as often as it may be without a key: set {provider.Options.KeySetting} for more";
            return new(null, new(now, now + wait, 1, ProviderFailure.AddressLimit, reason));
        }

        return new(new(candidate, key, now, time.GetTimestamp()), null);
    }

    /// <summary>Something came, perhaps only the beginning of it.</summary>
    public void Answered(Attempt attempt, RateLimits? limits) =>
        _lastAnswers[attempt.Candidate.Provider.Name] = new(time.GetUtcNow(), time.GetElapsedTime(attempt.Timestamp), limits);

    /// <summary>All of it came.</summary>
    public void Succeeded(Attempt attempt)
    {
        var provider = attempt.Candidate.Provider;
        store.Clear(provider.Name, attempt.Began);
        store.Clear(ModelScope(attempt.Candidate), attempt.Began);
        if (attempt.Key is { } key)
        {
            store.Clear(KeyScope(provider, key), attempt.Began);
        }
    }

    /// <summary>Its settings were changed: what came of the earlier ones says nothing about it.</summary>
    public void Forget(Provider provider)
    {
        var now = time.GetUtcNow();
        store.Clear(provider.Name, now);
        foreach (var key in provider.Options.Keys)
        {
            store.Clear(KeyScope(provider, key), now);
        }
    }

    /// <returns>Until when whatever is at fault is left alone; <c>null</c> when nothing is.</returns>
    public DateTimeOffset? Failed(Attempt attempt, ProviderException why)
    {
        if (Consequence.Of(why.Failure) is not { } consequence)
        {
            return null;
        }

        var provider = attempt.Candidate.Provider;
        var scope = consequence.Scope switch
        {
            FailureScope.Key when attempt.Key is { } key && provider.Options.Keys.Contains(key) => KeyScope(provider, key),
            FailureScope.Model => ModelScope(attempt.Candidate),
            _ when why.Failure is ProviderFailure.AddressLimit && provider.Options.Limits is { PerModel: true } => ModelScope(attempt.Candidate),
            _ => provider.Name,
        };
        var now = time.GetUtcNow();
        return store.Set(scope, last => Next(last, attempt, why, consequence, now)).Until;
    }

    private static Cooldown Next(Cooldown? last, Attempt attempt, ProviderException why, Consequence consequence, DateTimeOffset now)
    {
        last = last?.CanBeAt(now) is true ? last : null;
        var isNew = last is null || attempt.Began >= last.Since;
        var failures = isNew ? (last?.Failures ?? 0) + 1 : last!.Failures;
        var asked = why.RetryAfter < Cooldown.Longest ? why.RetryAfter : why.RetryAfter is null ? null : Cooldown.Longest;
        var until = !isNew && asked is null ? last!.Until : now + (asked ?? consequence.BackOff(failures));
        return new(isNew ? now : last!.Since, until, failures, why.Failure, why.Message);
    }

    private Cooldown? Active(string scope) =>
        store.Find(scope) is { } cooldown && time.GetUtcNow() is var now && cooldown.Until > now && cooldown.CanBeAt(now) ? cooldown : null;

    private IEnumerable<ApiKey> InTurn(string provider, IReadOnlyList<ApiKey> keys)
    {
        var turn = keys.Count == 1 ? 0 : (int)(_turns.AddOrUpdate(provider, 0u, (_, last) => last + 1) % (uint)keys.Count);
        return keys.Skip(turn).Concat(keys.Take(turn));
    }

    private static string KeyScope(Provider provider, ApiKey key) => $"{provider.Name} key {key.Id}";

    private static string ModelScope(Candidate candidate) => $"{candidate.Provider.Name} model {candidate.Model}";
}

/// <summary>A provider that may have an answer, and its name for the model.</summary>
/// <param name="IsCallersName">The model's name is the caller's, and nobody here knows whether the provider has it.</param>
internal sealed record Candidate(Provider Provider, string Model, bool IsCallersName = false);

/// <summary>One time that a provider is asked.</summary>
internal sealed record Attempt(Candidate Candidate, ApiKey? Key, DateTimeOffset Began, long Timestamp);

/// <param name="Attempt"><c>null</c> when it must not be asked now.</param>
/// <param name="Why">Without an attempt: why; <c>null</c> when there is nothing left to try.</param>
internal sealed record Admission(Attempt? Attempt, Cooldown? Why);

/// <param name="Latency">From the request to the first content, or to the whole answer when it was not streamed.</param>
internal sealed record LastAnswer(DateTimeOffset At, TimeSpan Latency, RateLimits? Limits);
