using System.Collections.Concurrent;
using System.Data.Common;

namespace FreeGpt4.LlmApi.State;

/// <summary>
/// Tells this replica what any of them has changed, within a second: SQLite is asked often, PostgreSQL tells by itself. After the database
/// was gone everything that has changed meanwhile is told.
/// </summary>
internal sealed partial class ChangeFeed(StateOptions options, StateHealth health, ILogger<ChangeFeed> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<string, Listener> _listeners = new();

    /// <param name="read">Reads what is now; it is called once at the start, too.</param>
    public void Listen(string topic, Func<CancellationToken, Task> read)
    {
        if (!_listeners.TryAdd(topic, new(read)))
        {
            throw new InvalidOperationException($"Somebody listens to '{topic}' already.");
        }
    }

    /// <summary>Reads all topics. Until then nothing is known, and nobody should be served.</summary>
    /// <exception cref="DbException"/>
    public async Task ReadAllAsync(CancellationToken cancellationToken)
    {
        await using var source = Open();
        var revisions = await source.ReadAsync(cancellationToken);
        foreach (var (topic, listener) in _listeners)
        {
            // What changes meanwhile has another number, and is read again.
            await listener.Read(cancellationToken);
            listener.Known = revisions.GetValueOrDefault(topic);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (DatabaseFailure.IsOfDatabase(e) && !stoppingToken.IsCancellationRequested)
            {
                health.Lost(e);

                // Not by the clock of the tests: the database has none of theirs.
                await Task.Delay(Pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private IRevisionSource Open() => options.Engine is Engine.Sqlite ? new SqliteRevisions(options) : new PostgresRevisions(options);

    // Ends by an exception only: the connection broke, or the replica stops.
    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        await using var source = Open();
        while (true)
        {
            await TellAsync(await source.ReadAsync(cancellationToken), cancellationToken);
            health.Answered();
            await source.WaitAsync(cancellationToken);
        }
    }

    private async Task TellAsync(IReadOnlyDictionary<string, long> revisions, CancellationToken cancellationToken)
    {
        foreach (var (topic, listener) in _listeners)
        {
            // Also when it is lower than it was, or gone: then it is another database.
            var revision = revisions.GetValueOrDefault(topic);
            if (revision == listener.Known)
            {
                continue;
            }

            try
            {
                await listener.Read(cancellationToken);
                listener.Known = revision;
            }
            catch (Exception e) when (!DatabaseFailure.IsOfDatabase(e) && !cancellationToken.IsCancellationRequested)
            {
                // Once more with the next look; the other topics need not wait for it.
                Log.NotRead(logger, topic, e);
            }
        }
    }

    private sealed class Listener(Func<CancellationToken, Task> read)
    {
        public Func<CancellationToken, Task> Read { get; } = read;

        /// <summary>The revision that was last read; -1 before that.</summary>
        public long Known { get; set; } = -1;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "What was changed in {Topic} could not be read; it is tried again.")]
        public static partial void NotRead(ILogger logger, string topic, Exception exception);
    }
}
