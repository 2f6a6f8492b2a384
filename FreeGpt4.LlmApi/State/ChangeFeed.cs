using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FreeGpt4.LlmApi.State;

/// <summary>
/// Tells this replica what any of them has changed, within a second: SQLite is asked for its revisions often, PostgreSQL tells by itself.
/// After the database was gone everything that has changed meanwhile is told.
/// </summary>
internal sealed partial class ChangeFeed(
    StateOptions options, StateStore store, StateHealth health, TimeProvider time, ILogger<ChangeFeed> logger) : BackgroundService
{
    /// <summary>Of PostgreSQL's <c>NOTIFY</c>; the payload is the topic.</summary>
    public const string Channel = "freegpt4";

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    // A connection that died without a word is noticed by then.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Func<CancellationToken, Task>> _listeners = new();
    private readonly Dictionary<string, long> _known = [];

    /// <param name="read">Reads what is now; it is called once at the start, too.</param>
    public void Listen(string topic, Func<CancellationToken, Task> read)
    {
        if (!_listeners.TryAdd(topic, read))
        {
            throw new InvalidOperationException($"Somebody listens to '{topic}' already.");
        }
    }

    /// <summary>Reads all topics. Until then nothing is known, and nobody should be served.</summary>
    /// <exception cref="DbException"/>
    public async Task ReadAllAsync(CancellationToken cancellationToken)
    {
        await ReadRevisionsAsync(cancellationToken);
        foreach (var read in _listeners.Values)
        {
            await read(cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(PollInterval, time);
        try
        {
            while (await ticks.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await (options.Engine is Engine.Postgres ? FollowPostgresAsync(stoppingToken) : TellChangesAsync(stoppingToken));
                    health.Answered();
                }
                catch (Exception e) when (IsOfDatabase(e))
                {
                    health.Lost(e);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The replica stops.
        }
    }

    /// <summary>Whether an exception says that the database, and nothing here, is at fault.</summary>
    public static bool IsOfDatabase(Exception exception) =>
        exception is DbException or DbUpdateException or TimeoutException or IOException or System.Net.Sockets.SocketException
        || exception.InnerException is DbException or System.Net.Sockets.SocketException or TimeoutException;

    // Returns by an exception only: the connection broke, or the replica stops.
    private async Task FollowPostgresAsync(CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(options.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using (var listen = new NpgsqlCommand($"LISTEN {Channel}", connection))
        {
            await listen.ExecuteNonQueryAsync(cancellationToken);
        }

        while (true)
        {
            await TellChangesAsync(cancellationToken);
            health.Answered();
            await connection.WaitAsync(LongestSilence, cancellationToken);
        }
    }

    private async Task TellChangesAsync(CancellationToken cancellationToken)
    {
        foreach (var topic in await ReadRevisionsAsync(cancellationToken))
        {
            if (_listeners.TryGetValue(topic, out var read))
            {
                try
                {
                    await read(cancellationToken);
                }
                catch (Exception e) when (!cancellationToken.IsCancellationRequested)
                {
                    // Once more with the next look.
                    _known.Remove(topic);
                    if (IsOfDatabase(e))
                    {
                        throw;
                    }

                    Log.NotRead(logger, topic, e);
                }
            }
        }
    }

    /// <returns>The topics that have changed since the last time.</returns>
    private async Task<List<string>> ReadRevisionsAsync(CancellationToken cancellationToken)
    {
        var revisions = await store.ReadAsync(
            context => context.Revisions.AsNoTracking().ToListAsync(cancellationToken), cancellationToken);
        List<string> changed = [.. from one in revisions where _known.GetValueOrDefault(one.Topic, -1) != one.Number select one.Topic];
        foreach (var revision in revisions)
        {
            _known[revision.Topic] = revision.Number;
        }

        return changed;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "What was changed in {Topic} could not be read; it is tried again.")]
        public static partial void NotRead(ILogger logger, string topic, Exception exception);
    }
}
