using System.Globalization;
using System.Runtime.InteropServices;
using FreeGpt4.LlmApi.Hosting;
using FreeGpt4.LlmApi.State;
using FreeGpt4.LlmApi.Users.Access;

namespace FreeGpt4.LlmApi.Usage;

/// <summary>
/// What is in the database for today, and what this replica has not written there yet. A request counts from its beginning, tokens from
/// the end of the answer. Who may have only so many requests is counted in the database before each, by all replicas together; when that does
/// not answer at once, this replica has its share of what is left.
/// </summary>
internal sealed partial class DailyUsage(
    StateStore store, StateHealth health, LiveReplicas replicas, TimeProvider time, ILogger<DailyUsage> logger) : IDailyUsage
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // After the database did not answer: nobody else waits for it meanwhile.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Counts> _written = [];
    private readonly Dictionary<Guid, Counts> _waiting = [];
    private DateOnly _day;
    private long? _silentSince;

    public static DateOnly DayOf(DateTimeOffset at) => DateOnly.FromDateTime(at.UtcDateTime);

    public (long Requests, long Tokens) Today(Guid user)
    {
        lock (_gate)
        {
            Turn();
            var (written, waiting) = (_written.GetValueOrDefault(user), _waiting.GetValueOrDefault(user));
            return (written.Requests + waiting.Requests, written.Tokens + waiting.Tokens);
        }
    }

    public async Task<bool> TryBeginAsync(Guid userId, int? mostRequests, long? mostTokens)
    {
        var (requests, tokens) = Today(userId);
        if (requests >= mostRequests || tokens >= mostTokens)
        {
            return false;
        }

        var isCounted = mostRequests is { } most ? await TryCountAsync(userId, most) : true;
        lock (_gate)
        {
            if (isCounted ?? HasShare(userId, mostRequests))
            {
                Add(time.GetUtcNow(), userId, requests: 1, tokens: 0);
                return true;
            }

            return false;
        }
    }

    /// <summary>A request of a user who may have only so many has turned out to be nothing.</summary>
    public void GiveBack(Guid user) => _ = Task.Run(async () =>
    {
        try
        {
            await ChangeAsync(user, begun => begun is > 0 ? begun - 1 : null);
        }
        catch (Exception e) when (DatabaseFailure.IsOfDatabase(e))
        {
            Log.NotCounted(logger, e.GetBaseException().Message.ReplaceLineEndings(" "));
        }
    });

    /// <summary>Something began or ended that is not written yet; negative for what turned out to be nothing.</summary>
    public void Add(DateTimeOffset began, Guid user, long requests, long tokens) => Change(_waiting, DayOf(began), user, requests, tokens);

    /// <summary>What was added before is in the database now.</summary>
    public void Wrote(IEnumerable<UsageRecord> records)
    {
        foreach (var record in records)
        {
            if (record.UserId is { } user)
            {
                var (day, tokens) = (DayOf(record.At), record.PromptTokens + record.CompletionTokens);
                Change(_waiting, day, user, -1, -tokens);
                Change(_written, day, user, 1, tokens);
            }
        }
    }

    /// <summary>All that is in the database for a day, whichever replica wrote it.</summary>
    public void Read(DateOnly day, IEnumerable<(Guid User, long Requests, long Tokens)> totals)
    {
        lock (_gate)
        {
            Turn();
            if (day == _day)
            {
                _written.Clear();
                foreach (var (user, requests, tokens) in totals)
                {
                    _written[user] = new(requests, tokens);
                }
            }
        }
    }

    /// <returns><c>null</c> when the database does not say.</returns>
    private async Task<bool?> TryCountAsync(Guid user, int most)
    {
        lock (_gate)
        {
            if (health.IsLost || (_silentSince is { } since && time.GetElapsedTime(since) < Pause))
            {
                return null;
            }
        }

        // What was begun while the database was gone is not in its count.
        var counting = Task.Run(() => ChangeAsync(
            user, begun => Today(user).Requests is var known && Math.Max(begun ?? 0, known) < most ? (begun ?? known) + 1 : null));
        try
        {
            return await counting.WaitAsync(Patience, time);
        }
        catch (Exception e) when (DatabaseFailure.IsOfDatabase(e) || e is OperationCanceledException)
        {
            lock (_gate)
            {
                _silentSince = time.GetTimestamp();
            }

            Log.NotCounted(logger, e.GetBaseException().Message.ReplaceLineEndings(" "));
            return null;
        }
    }

    /// <param name="change">From how many were begun today, if that is known, to how many; <c>null</c> to leave it.</param>
    /// <returns>Whether it was changed.</returns>
    private Task<bool> ChangeAsync(Guid user, Func<long?, long?> change)
    {
        // One row for each user: "2026-11-28 17".
        var name = $"requests begun by {user:N}";
        return store.WriteInTurnAsync(
            name,
            topic: null,
            async (context, token) =>
            {
                var today = DayOf(time.GetUtcNow()).ToString("O", CultureInfo.InvariantCulture);
                var note = await context.Notes.FindAsync([name], token);
                var isOfToday = note?.Value.StartsWith(today, StringComparison.Ordinal) is true;
                long? begun = isOfToday && long.TryParse(note!.Value.AsSpan(today.Length), CultureInfo.InvariantCulture, out var count) ? count : null;
                if (change(begun) is not { } next)
                {
                    return false;
                }

                var value = string.Create(CultureInfo.InvariantCulture, $"{today} {next}");
                if (note is null)
                {
                    context.Notes.Add(new() { Name = name, Value = value });
                }
                else
                {
                    note.Value = value;
                }

                return true;
            },
            Patience,
            CancellationToken.None);
    }

    private bool HasShare(Guid user, int? most)
    {
        var left = most - _written.GetValueOrDefault(user).Requests;
        return left > 0 && _waiting.GetValueOrDefault(user).Requests < Math.Max(1, left.Value / replicas.Count);
    }

    private void Change(Dictionary<Guid, Counts> counts, DateOnly day, Guid user, long requests, long tokens)
    {
        lock (_gate)
        {
            Turn();
            if (day == _day)
            {
                ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(counts, user, out _);
                count = new(count.Requests + requests, count.Tokens + tokens);
            }
        }
    }

    private void Turn()
    {
        var today = DayOf(time.GetUtcNow());
        if (today != _day)
        {
            _day = today;
            _written.Clear();
            _waiting.Clear();
        }
    }

    private readonly record struct Counts(long Requests, long Tokens);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The database did not count a request of a user with limits ({Reason}): this replica keeps to its share.")]
        public static partial void NotCounted(ILogger logger, string reason);
    }
}
