using FreeGpt4.LlmApi.Providers.Configuration;
using FreeGpt4.LlmApi.State;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.Fallback.Cooldowns;

/// <summary>
/// For all replicas. What is known is in memory. A change is in force here at once, and is made again in the database, on what the others
/// have written there meanwhile; they hear of it. While the database is gone each replica goes by what it knows.
/// </summary>
internal sealed class SharedCooldownStore : ICooldownStore
{
    public const string Topic = "cooldowns";

    private const int ScopesAtOnce = 100;

    // Of one scope, while the database is gone. What matters is how it ends.
    private const int MostChanges = 50;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>For how long a cool-down that is over makes the next one longer: as long as the longest of those that double.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromHours(1);

    private readonly InProcessCooldownStore _known;
    private readonly SharedReservations _reservations;
    private readonly StateStore _store;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<Func<Cooldown?, Cooldown?>>> _changes = new(StringComparer.OrdinalIgnoreCase);

    // What was read before a change says nothing about its scope.
    private readonly Dictionary<string, long> _lastChange = new(StringComparer.OrdinalIgnoreCase);
    private long _changeNumber;

    public SharedCooldownStore(
        InProcessCooldownStore known, SharedReservations reservations, StateStore store, ChangeFeed feed, TimeProvider time)
    {
        (_known, _reservations, _store, _time) = (known, reservations, store, time);
        feed.Listen(Topic, ReadAsync);
    }

    /// <summary>Raised when there is something to write.</summary>
    public event Action? Changed;

    public Cooldown? Find(string scope) => _known.Find(scope);

    public Cooldown Set(string scope, Func<Cooldown?, Cooldown> next)
    {
        Cooldown result;
        lock (_gate)
        {
            result = _known.Set(scope, next);
            Add(scope, next);
        }

        Changed?.Invoke();
        return result;
    }

    public void Clear(string scope, DateTimeOffset before)
    {
        // After every success: nearly always there is nothing to forget.
        if (_known.Find(scope) is not { } cooldown || !cooldown.IsEndedBy(before, _time.GetUtcNow()))
        {
            return;
        }

        lock (_gate)
        {
            _known.Clear(scope, before);
            Add(scope, last => last?.IsEndedBy(before, _time.GetUtcNow()) is true ? null : last);
        }

        Changed?.Invoke();
    }

    public ValueTask<TimeSpan?> ReserveAsync(string scope, RequestLimits limits, CancellationToken cancellationToken) =>
        _reservations.ReserveAsync(scope, limits, cancellationToken);

    public int Count(string scope, TimeSpan window) => _reservations.Count(scope, window);

    /// <summary>Writes what has changed.</summary>
    /// <exception cref="System.Data.Common.DbException">It stays to be written.</exception>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        while (Take() is { Count: > 0 } changes)
        {
            var results = await _store.WriteInTurnAsync(
                Topic, Topic, (context, token) => ChangeAsync(context, changes, token), Timeout, cancellationToken);
            lock (_gate)
            {
                foreach (var (scope, result) in results)
                {
                    Written(scope, changes[scope].Length, result);
                }
            }
        }
    }

    /// <summary>Forgets what is long over.</summary>
    /// <exception cref="System.Data.Common.DbException"/>
    public async Task CleanUpAsync(CancellationToken cancellationToken)
    {
        var longOver = _time.GetUtcNow() - Memory;
        if (await _store.ReadAsync(context => context.Cooldowns.AnyAsync(one => one.Until < longOver, cancellationToken), cancellationToken))
        {
            await _store.WriteInTurnAsync(
                Topic,
                Topic,
                (context, token) => context.Cooldowns.Where(one => one.Until < longOver).ExecuteDeleteAsync(token),
                Timeout,
                cancellationToken);
        }
    }

    // Called under the lock.
    private void Add(string scope, Func<Cooldown?, Cooldown?> change)
    {
        if (!_changes.TryGetValue(scope, out var changes))
        {
            if (_changes.Count >= InProcessCooldownStore.MostScopes)
            {
                return;
            }

            _changes[scope] = changes = [];
        }

        if (changes.Count == MostChanges)
        {
            changes.RemoveAt(0);
        }

        changes.Add(change);
        _lastChange[scope] = ++_changeNumber;
    }

    private Dictionary<string, Func<Cooldown?, Cooldown?>[]> Take()
    {
        lock (_gate)
        {
            // In one order at all replicas.
            return _changes.OrderBy(entry => entry.Key, StringComparer.Ordinal).Take(ScopesAtOnce)
                .ToDictionary(entry => entry.Key, entry => entry.Value.ToArray(), StringComparer.OrdinalIgnoreCase);
        }
    }

    private static async Task<Dictionary<string, Cooldown?>> ChangeAsync(
        StateContext context, Dictionary<string, Func<Cooldown?, Cooldown?>[]> changes, CancellationToken cancellationToken)
    {
        var results = new Dictionary<string, Cooldown?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (scope, ofScope) in changes)
        {
            var key = Key(scope);
            var row = await context.Cooldowns.FirstOrDefaultAsync(one => one.Scope == key, cancellationToken);
            var result = ofScope.Aggregate(row is null ? null : FromRow(row), (last, change) => change(last));
            results[scope] = result;
            if (result is not null)
            {
                row ??= context.Cooldowns.Add(new() { Scope = key, Reason = "" }).Entity;
                (row.Since, row.Until, row.Failures, row.Failure, row.Reason) =
                    (result.Since, result.Until, result.Failures, result.Failure, result.Reason);
            }
            else if (row is not null)
            {
                context.Cooldowns.Remove(row);
            }
        }

        return results;
    }

    // Called under the lock.
    private void Written(string scope, int count, Cooldown? result)
    {
        if (_changes.TryGetValue(scope, out var changes))
        {
            changes.RemoveRange(0, Math.Min(count, changes.Count));
            if (changes.Count == 0)
            {
                _changes.Remove(scope);
                _lastChange[scope] = ++_changeNumber;
                _known.Replace(scope, result);
            }
        }
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        long before;
        lock (_gate)
        {
            before = _changeNumber;
        }

        var rows = await _store.ReadAsync(
            context => context.Cooldowns.AsNoTracking()
                .OrderByDescending(one => one.Until).Take(InProcessCooldownStore.MostScopes).ToListAsync(cancellationToken),
            cancellationToken);
        lock (_gate)
        {
            var read = rows.ToDictionary(row => row.Scope, FromRow, StringComparer.OrdinalIgnoreCase);
            foreach (var scope in read.Keys.Union(_known.Scopes, StringComparer.OrdinalIgnoreCase).Where(scope => !HasChanged(scope, before)))
            {
                _known.Replace(scope, read.GetValueOrDefault(scope));
            }

            foreach (var (scope, number) in _lastChange)
            {
                if (number <= before && !_changes.ContainsKey(scope))
                {
                    _lastChange.Remove(scope);
                }
            }
        }
    }

    // What was changed since is told again.
    private bool HasChanged(string scope, long before) =>
        _changes.ContainsKey(scope) || _lastChange.GetValueOrDefault(scope) > before;

    private static Cooldown FromRow(StoredCooldown row) => new(row.Since, row.Until, row.Failures, row.Failure, row.Reason);

    /// <summary>The databases tell letters apart by case.</summary>
    public static string Key(string scope) => scope.ToLowerInvariant();
}
