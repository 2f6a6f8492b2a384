using System.Collections.Concurrent;
using FreeGpt4.LlmApi.Providers.Configuration;

namespace FreeGpt4.LlmApi.Fallback.Cooldowns;

/// <summary>For one replica.</summary>
internal sealed class InProcessCooldownStore(TimeProvider time) : ICooldownStore
{
    /// <summary>Models are named by callers: their cool-downs must not fill the memory.</summary>
    public const int MostScopes = 10_000;

    private static readonly TimeSpan LongestWindow = TimeSpan.FromDays(1);

    private readonly ConcurrentDictionary<string, Cooldown> _cooldowns = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, Queue<DateTimeOffset>> _requests = new(StringComparer.OrdinalIgnoreCase);

    public ICollection<string> Scopes => _cooldowns.Keys;

    public Cooldown? Find(string scope) => _cooldowns.GetValueOrDefault(scope);

    public Cooldown Set(string scope, Func<Cooldown?, Cooldown> next)
    {
        if (_cooldowns.Count >= MostScopes)
        {
            foreach (var (old, _) in _cooldowns.Where(entry => entry.Value.Until < time.GetUtcNow()))
            {
                _cooldowns.TryRemove(old, out _);
            }
        }

        return _cooldowns.Count < MostScopes || _cooldowns.ContainsKey(scope)
            ? _cooldowns.AddOrUpdate(scope, _ => next(null), (_, last) => next(last))
            : next(null);
    }

    public void Clear(string scope, DateTimeOffset before)
    {
        if (_cooldowns.TryGetValue(scope, out var cooldown) && cooldown.IsEndedBy(before, time.GetUtcNow()))
        {
            _cooldowns.TryRemove(new(scope, cooldown));
        }
    }

    /// <param name="cooldown"><c>null</c> to forget the last one.</param>
    public void Replace(string scope, Cooldown? cooldown)
    {
        if (cooldown is null)
        {
            _cooldowns.TryRemove(scope, out _);
        }
        else
        {
            Set(scope, _ => cooldown);
        }
    }

    public ValueTask<TimeSpan?> ReserveAsync(string scope, RequestLimits limits, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Reserve(scope, [.. limits.Windows]));

    /// <inheritdoc cref="ICooldownStore.ReserveAsync"/>
    public TimeSpan? Reserve(string scope, IReadOnlyList<(TimeSpan Window, int Count)> limits)
    {
        var now = time.GetUtcNow();
        var requests = RequestsOf(scope);
        lock (requests)
        {
            foreach (var (window, count) in limits)
            {
                var within = requests.Where(request => request > now - window && request <= now + Cooldown.ClockDifference).Order().ToList();
                if (within.Count >= count)
                {
                    // The oldest of those that count has to fall out of the window.
                    var oldest = within[^count];
                    return oldest < now ? oldest + window - now : window;
                }
            }

            var longest = limits.Select(limit => limit.Window).DefaultIfEmpty().Max();
            while (requests.TryPeek(out var request) && (request <= now - longest || request > now + Cooldown.ClockDifference))
            {
                requests.Dequeue();
            }

            requests.Enqueue(now);
            return null;
        }
    }

    /// <summary>Counts a request that was allowed elsewhere.</summary>
    public void Note(string scope, DateTimeOffset at)
    {
        var requests = RequestsOf(scope);
        lock (requests)
        {
            while (requests.TryPeek(out var request) && request <= at - LongestWindow)
            {
                requests.Dequeue();
            }

            requests.Enqueue(at);
        }
    }

    public int Count(string scope, TimeSpan window)
    {
        if (!_requests.TryGetValue(scope, out var requests))
        {
            return 0;
        }

        lock (requests)
        {
            var now = time.GetUtcNow();
            return requests.Count(request => request > now - window && request <= now + Cooldown.ClockDifference);
        }
    }

    private Queue<DateTimeOffset> RequestsOf(string scope)
    {
        if (_requests.Count >= MostScopes && !_requests.ContainsKey(scope))
        {
            foreach (var (old, requests) in _requests)
            {
                lock (requests)
                {
                    if (requests.All(request => request <= time.GetUtcNow() - LongestWindow))
                    {
                        _requests.TryRemove(old, out _);
                    }
                }
            }
        }

        return _requests.GetOrAdd(scope, _ => new());
    }
}
