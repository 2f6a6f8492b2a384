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

    /// <exception cref="System.Data.Common.DbException"/>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        var since = _time.GetUtcNow() - Lifetime;
        _known = await _store.ReadAsync(
            context => context.Replicas.AsNoTracking().Where(one => one.SeenAt > since).OrderBy(one => one.Id).ToListAsync(cancellationToken),
            cancellationToken);
    }
}
