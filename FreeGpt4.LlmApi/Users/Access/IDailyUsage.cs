using System.Collections.Concurrent;

namespace FreeGpt4.LlmApi.Users.Access;

/// <summary>What each user has had today (UTC).</summary>
internal interface IDailyUsage
{
    /// <summary>Counts one more request before it is answered, unless the user has had enough. From memory.</summary>
    /// <returns>Whether it may be answered.</returns>
    bool TryBegin(Guid userId, int? mostRequests, long? mostTokens);
}

/// <summary>What they have had at this replica, since it started. It knows of no tokens.</summary>
internal sealed class InProcessDailyUsage(TimeProvider time) : IDailyUsage
{
    private readonly ConcurrentDictionary<Guid, (DateOnly Day, int Requests)> _begun = new();

    public bool TryBegin(Guid userId, int? mostRequests, long? mostTokens)
    {
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        while (true)
        {
            var known = _begun.GetOrAdd(userId, (today, 0));
            var had = known.Day == today ? known.Requests : 0;
            if (mostTokens <= 0 || had >= mostRequests)
            {
                return false;
            }

            if (_begun.TryUpdate(userId, (today, had + 1), known))
            {
                return true;
            }
        }
    }
}
