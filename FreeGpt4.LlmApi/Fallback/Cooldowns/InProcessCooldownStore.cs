using System.Collections.Concurrent;
using FreeGpt4.LlmApi.Providers.Configuration;

namespace FreeGpt4.LlmApi.Fallback.Cooldowns;

/// <summary>For one replica.</summary>
internal sealed class InProcessCooldownStore(TimeProvider time) : ICooldownStore
{
    // Models are named by callers: their cool-downs must not fill the memory.
    private const int MostScopes = 10_000;

    private readonly ConcurrentDictionary<string, Cooldown> _cooldowns = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, Queue<DateTimeOffset>> _requests = new(StringComparer.OrdinalIgnoreCase);

    public Cooldown? Find(string scope) => _cooldowns.GetValueOrDefault(scope);

    public void Set(string scope, Func<Cooldown?, Cooldown> next)
    {
        if (_cooldowns.Count >= MostScopes)
        {
            foreach (var (old, _) in _cooldowns.Where(entry => entry.Value.Until < time.GetUtcNow()))
            {
                _cooldowns.TryRemove(old, out _);
            }
        }

        if (_cooldowns.Count < MostScopes || _cooldowns.ContainsKey(scope))
        {
            _cooldowns.AddOrUpdate(scope, _ => next(null), (_, last) => next(last));
        }
    }

    public void Clear(string scope, DateTimeOffset before)
    {
        if (_cooldowns.TryGetValue(scope, out var cooldown) && cooldown.Since <= before)
        {
            _cooldowns.TryRemove(new(scope, cooldown));
        }
    }

    public ValueTask<TimeSpan?> ReserveAsync(string scope, RequestLimits limits, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var requests = _requests.GetOrAdd(scope, _ => new());
        lock (requests)
        {
            foreach (var (window, count) in limits.Windows)
            {
                var within = requests.Count(request => request > now - window);
                if (within >= count)
                {
                    // The oldest of those that count has to fall out of the window.
                    var oldest = requests.SkipWhile(request => request <= now - window).Skip(within - count).First();
                    return ValueTask.FromResult<TimeSpan?>(oldest + window - now);
                }
            }

            var longest = limits.Windows.Select(limit => limit.Window).DefaultIfEmpty().Max();
            while (requests.TryPeek(out var request) && request <= now - longest)
            {
                requests.Dequeue();
            }

            requests.Enqueue(now);
            return ValueTask.FromResult<TimeSpan?>(null);
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
            return requests.Count(request => request > time.GetUtcNow() - window);
        }
    }
}
