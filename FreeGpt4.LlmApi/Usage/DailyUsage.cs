using System.Runtime.InteropServices;
using FreeGpt4.LlmApi.Users.Access;

namespace FreeGpt4.LlmApi.Usage;

/// <summary>
/// What is in the database for today, and what this replica has not written there yet. A request counts from its beginning, tokens from
/// the end of the answer.
/// </summary>
internal sealed class DailyUsage(TimeProvider time) : IDailyUsage
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Counts> _written = [];
    private readonly Dictionary<Guid, Counts> _waiting = [];
    private DateOnly _day;

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

    public bool TryBegin(Guid userId, int? mostRequests, long? mostTokens)
    {
        lock (_gate)
        {
            var (requests, tokens) = Today(userId);
            if (requests >= mostRequests || tokens >= mostTokens)
            {
                return false;
            }

            Add(time.GetUtcNow(), userId, requests: 1, tokens: 0);
            return true;
        }
    }

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
}
