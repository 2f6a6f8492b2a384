using System.Collections.Concurrent;
using FreeGpt4.LlmApi.Hosting;
using FreeGpt4.LlmApi.Providers.Configuration;
using FreeGpt4.LlmApi.State;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.Fallback.Cooldowns;

/// <summary>
/// How often those may be asked who allow only so many requests to all replicas together. Each request is counted in the database before it
/// is sent, unless it is known that there is no room for it. A database that does not answer at once is not waited for: then this replica has
/// its share of the limit.
/// </summary>
internal sealed partial class SharedReservations
{
    private const string Topic = "reservations";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // After the database did not answer. Nobody else waits for it meanwhile, and when it is back all have written what they have sent.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestWindow = TimeSpan.FromDays(1);

    // A reservation is made in less; so much earlier is read again what was read. What is further in the future was written by a wrong clock.
    private static readonly TimeSpan Overlap = Cooldown.ClockDifference;

    private readonly InProcessCooldownStore _own;
    private readonly StateStore _store;
    private readonly StateHealth _health;
    private readonly LiveReplicas _replicas;
    private readonly Replica _replica;
    private readonly TimeProvider _time;
    private readonly ILogger<SharedReservations> _logger;
    private readonly ConcurrentDictionary<string, Scope> _scopes = new(StringComparer.OrdinalIgnoreCase);
    private DateTimeOffset _readUpTo;
    private DateTimeOffset _pauseUntil;

    /// <param name="own">Counts what this replica has sent.</param>
    public SharedReservations(
        InProcessCooldownStore own,
        StateStore store,
        StateHealth health,
        LiveReplicas replicas,
        Replica replica,
        ChangeFeed feed,
        TimeProvider time,
        ILogger<SharedReservations> logger)
    {
        (_own, _store, _health, _replicas, _replica, _time, _logger) = (own, store, health, replicas, replica, time, logger);
        feed.Listen(Topic, ReadAsync);
    }

    /// <inheritdoc cref="ICooldownStore.ReserveAsync"/>
    public async ValueTask<TimeSpan?> ReserveAsync(string scope, RequestLimits limits, CancellationToken cancellationToken)
    {
        var counted = _scopes.GetOrAdd(scope, _ => new());
        IReadOnlyList<(TimeSpan Window, int Count)> windows = [.. limits.Windows];
        if (counted.WaitAt(_time.GetUtcNow(), limits) is { } full)
        {
            return full;
        }

        if (_health.IsLost)
        {
            _pauseUntil = _time.GetUtcNow() + Pause;
        }
        else if (_time.GetUtcNow() is var now && (_pauseUntil <= now || _pauseUntil > now + Pause))
        {
            // Not with the caller's token: what is under way in the database is better ended than broken off.
            var asking = Task.Run(() => AskDatabaseAsync(scope, counted, limits, windows), CancellationToken.None);
            try
            {
                return await asking.WaitAsync(Patience, _time, cancellationToken);
            }
            catch (Exception e) when (DatabaseFailure.IsOfDatabase(e) || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                _pauseUntil = _time.GetUtcNow() + Pause;
                Log.NotCounted(_logger, scope, e.GetBaseException().Message.ReplaceLineEndings(" "));
            }
        }

        return ReserveHere(scope, counted, windows);
    }

    /// <summary>What all replicas have sent, as far as is known here.</summary>
    public int Count(string scope, TimeSpan window) =>
        _scopes.TryGetValue(scope, out var counted) ? counted.Count(_time.GetUtcNow(), window) : 0;

    /// <summary>Writes what was sent while the database was gone, as soon as it is back.</summary>
    /// <exception cref="System.Data.Common.DbException"/>
    public async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        if (_health.IsLost)
        {
            _pauseUntil = _time.GetUtcNow() + Pause;
            return;
        }

        foreach (var (scope, counted) in _scopes)
        {
            if (counted.Unwritten.Count == 0)
            {
                continue;
            }

            await counted.Turn.WaitAsync(cancellationToken);
            try
            {
                var unwritten = counted.Unwritten;
                var key = SharedCooldownStore.Key(scope);
                await _store.WriteInTurnAsync(
                    $"{Topic} {key}", Topic, (context, token) => Task.FromResult(AddUnwritten(context, key, unwritten)), Patience, cancellationToken);
                counted.Wrote(unwritten);
            }
            finally
            {
                counted.Turn.Release();
            }
        }
    }

    /// <exception cref="System.Data.Common.DbException"/>
    public async Task CleanUpAsync(CancellationToken cancellationToken)
    {
        var old = _time.GetUtcNow() - LongestWindow;
        foreach (var (scope, counted) in _scopes)
        {
            if (counted.ForgetUntil(old))
            {
                _scopes.TryRemove(scope, out _);
            }
        }

        if (await _store.ReadAsync(context => context.Reservations.AnyAsync(one => one.At <= old, cancellationToken), cancellationToken))
        {
            await _store.WriteInTurnAsync(
                Topic,
                topic: null,
                (context, token) => context.Reservations.Where(one => one.At <= old).ExecuteDeleteAsync(token),
                Patience,
                cancellationToken);
        }
    }

    private async Task<TimeSpan?> AskDatabaseAsync(
        string scope, Scope counted, RequestLimits limits, IReadOnlyList<(TimeSpan Window, int Count)> windows)
    {
        using var limit = new CancellationTokenSource(Patience, _time);

        // Those of this replica queue here: most of them learn from the first that there is no room.
        await counted.Turn.WaitAsync(limit.Token);
        try
        {
            if (counted.WaitAt(_time.GetUtcNow(), limits) is { } full)
            {
                return full;
            }

            var key = SharedCooldownStore.Key(scope);
            var unwritten = counted.Unwritten;
            var (wait, row) = await _store.WriteInTurnAsync(
                $"{Topic} {key}", Topic, (context, token) => ReserveAsync(context, key, unwritten, windows, token), Patience, limit.Token);
            counted.Wrote(unwritten);
            if (row is null)
            {
                counted.IsFull(limits, _time.GetUtcNow() + wait.GetValueOrDefault());
                return wait;
            }

            counted.Add(row.Id, row.At);
            _own.Note(scope, row.At);
            return null;
        }
        finally
        {
            counted.Turn.Release();
        }
    }

    private async Task<(TimeSpan? Wait, Reservation? Row)> ReserveAsync(
        StateContext context,
        string key,
        IReadOnlyList<DateTimeOffset> unwritten,
        IReadOnlyList<(TimeSpan Window, int Count)> windows,
        CancellationToken cancellationToken)
    {
        if (AddUnwritten(context, key, unwritten))
        {
            await context.SaveChangesAsync(cancellationToken);
        }

        var now = _time.GetUtcNow();
        foreach (var (window, count) in windows)
        {
            var (from, to) = (now - window, now + Overlap);
            var inWindow = context.Reservations.Where(one => one.Scope == key && one.At > from && one.At <= to);
            var within = await inWindow.CountAsync(cancellationToken);
            if (within >= count)
            {
                // The oldest of those that count has to fall out of the window.
                var oldest = await inWindow.OrderBy(one => one.At).Skip(within - count).Select(one => one.At).FirstAsync(cancellationToken);
                return (oldest < now ? oldest + window - now : window, null);
            }
        }

        var row = context.Reservations.Add(new() { Scope = key, At = now }).Entity;
        await context.SaveChangesAsync(cancellationToken);
        return (null, row);
    }

    private static bool AddUnwritten(StateContext context, string key, IReadOnlyList<DateTimeOffset> unwritten)
    {
        context.Reservations.AddRange(unwritten.Select(at => new Reservation { Scope = key, At = at }));
        return unwritten.Count > 0;
    }

    /// <summary>
    /// Without the database: a share of each limit. Where there are fewer requests than replicas, the first of them have one each; a database
    /// that is only slow may have given those to others.
    /// </summary>
    private TimeSpan? ReserveHere(string scope, Scope counted, IReadOnlyList<(TimeSpan Window, int Count)> windows)
    {
        var now = _time.GetUtcNow();
        var (before, replicas) = _replicas.PlaceOf(_replica.Id);
        foreach (var (window, count) in windows)
        {
            // What the others had sent before.
            if (counted.Count(now, window) >= count)
            {
                return window / count;
            }

            if (count < replicas && (!_health.IsLost || before >= count))
            {
                return _health.IsLost ? window : Pause;
            }
        }

        var wait = _own.Reserve(scope, [.. windows.Select(limit => (limit.Window, Math.Max(1, limit.Count / replicas)))]);
        if (wait is null)
        {
            counted.AddUnwritten(now);
        }

        return wait;
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        _readUpTo = _readUpTo < now ? _readUpTo : now;
        var from = _readUpTo == default ? now - LongestWindow : _readUpTo - Overlap;
        var rows = await _store.ReadAsync(
            context => context.Reservations.AsNoTracking().Where(one => one.At > from).ToListAsync(cancellationToken), cancellationToken);
        foreach (var row in rows)
        {
            _scopes.GetOrAdd(row.Scope, _ => new()).Add(row.Id, row.At);
            _readUpTo = row.At > _readUpTo && row.At <= now + Overlap ? row.At : _readUpTo;
        }
    }

    /// <summary>What is known of one scope.</summary>
    private sealed class Scope
    {
        private readonly Dictionary<long, DateTimeOffset> _written = [];
        private readonly List<DateTimeOffset> _unwritten = [];
        private (RequestLimits? Limits, DateTimeOffset Until) _full;

        public SemaphoreSlim Turn { get; } = new(1);

        /// <summary>Those that were sent while the database was gone.</summary>
        public IReadOnlyList<DateTimeOffset> Unwritten
        {
            get
            {
                lock (_written)
                {
                    return [.. _unwritten];
                }
            }
        }

        /// <summary>There is no room before: nothing that was counted is taken back. With other limits there may be.</summary>
        public void IsFull(RequestLimits limits, DateTimeOffset until)
        {
            lock (_written)
            {
                _full = (limits, until);
            }
        }

        public TimeSpan? WaitAt(DateTimeOffset now, RequestLimits limits)
        {
            lock (_written)
            {
                return _full.Until > now && _full.Limits == limits && _full.Until <= now + LongestOf(limits) ? _full.Until - now : null;
            }
        }

        public int Count(DateTimeOffset now, TimeSpan window)
        {
            lock (_written)
            {
                return _written.Values.Concat(_unwritten).Count(at => at > now - window && at <= now + Overlap);
            }
        }

        public void Add(long id, DateTimeOffset at)
        {
            lock (_written)
            {
                _written[id] = at;
            }
        }

        public void AddUnwritten(DateTimeOffset at)
        {
            lock (_written)
            {
                _unwritten.Add(at);
            }
        }

        // They are read from the database with the others.
        public void Wrote(IReadOnlyList<DateTimeOffset> unwritten)
        {
            lock (_written)
            {
                _unwritten.RemoveRange(0, Math.Min(unwritten.Count, _unwritten.Count));
            }
        }

        /// <returns>Whether nothing is left.</returns>
        public bool ForgetUntil(DateTimeOffset old)
        {
            lock (_written)
            {
                foreach (var (id, at) in _written)
                {
                    if (at <= old)
                    {
                        _written.Remove(id);
                    }
                }

                _unwritten.RemoveAll(at => at <= old);
                return _written.Count + _unwritten.Count == 0 && Turn.CurrentCount == 1;
            }
        }

        private static TimeSpan LongestOf(RequestLimits limits) => limits.Windows.Select(limit => limit.Window).DefaultIfEmpty().Max();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The database did not count a request to {Scope} ({Reason}): this replica keeps to its share of the limit.")]
        public static partial void NotCounted(ILogger logger, string scope, string reason);
    }
}
