using FreeGpt4.LlmApi.State;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.Hosting;

/// <summary>The replicas that share the database, as they were when it last answered.</summary>
internal sealed class LiveReplicas
{
    /// <summary>Changes when one comes or goes, not with every sign of life.</summary>
    public const string Topic = "replicas";

    // Four signs of life.
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(20);

    private readonly StateStore _store;
    private readonly TimeProvider _time;
    private volatile List<ReplicaRecord> _known = [];

    public LiveReplicas(StateStore store, ChangeFeed feed, TimeProvider time)
    {
        (_store, _time) = (store, time);
        feed.Listen(Topic, ReadAsync);
    }

    public IReadOnlyList<ReplicaRecord> Known => _known;

    /// <summary>At least this one.</summary>
    public int Count => Math.Max(1, _known.Count);

    /// <returns>How many stand before one in the order of their ids, and how many there are.</returns>
    public (int Before, int Count) PlaceOf(string id)
    {
        var known = _known;
        return (known.Count(one => string.CompareOrdinal(one.Id, id) < 0), Math.Max(1, known.Count));
    }

    /// <exception cref="System.Data.Common.DbException"/>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        // Signs from the future are those of a clock that was wrong.
        var now = _time.GetUtcNow();
        var (since, until) = (now - Lifetime, now + Lifetime);
        _known = await _store.ReadAsync(
            context => context.Replicas.AsNoTracking().Where(one => one.SeenAt > since && one.SeenAt < until).OrderBy(one => one.Id).ToListAsync(cancellationToken),
            cancellationToken);
    }
}
