using System.Buffers.Binary;
using System.Data;
using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Npgsql;

namespace FreeGpt4.LlmApi.State;

/// <summary>
/// Reads and changes what the replicas share. A change is one transaction that sees nothing of others that are under way; where two get in
/// each other's way, one is made again. What it returns is on disk.
/// </summary>
internal sealed class StateStore(StateOptions options, IServiceProvider services) : IDisposable
{
    private const int MostTries = 20;

    // The first half of the key of PostgreSQL's advisory locks: any number that nobody else takes.
    private const int TurnLocks = 0x66677074;

    // SQLite has one writer at a time. Those of this process queue here, in order, and not in the file system.
    private readonly SemaphoreSlim _turn = new(options.Engine is Engine.Sqlite ? 1 : 16);

    /// <summary>A context to read with; the caller disposes of it.</summary>
    public StateContext Open() => options.Engine is Engine.Sqlite
        ? services.GetRequiredService<IDbContextFactory<SqliteStateContext>>().CreateDbContext()
        : services.GetRequiredService<IDbContextFactory<PostgresStateContext>>().CreateDbContext();

    /// <exception cref="DbException">The database cannot be reached, or cannot answer.</exception>
    public async Task<T> ReadAsync<T>(Func<StateContext, Task<T>> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await using var context = Open();
        return await read(context);
    }

    /// <param name="topic">What changes: every replica hears of it by <see cref="ChangeFeed"/>. <c>null</c> when nobody needs to.</param>
    /// <param name="change">May be called more than once, each time with a context of its own, which is saved afterwards.</param>
    /// <exception cref="DbException">The database cannot be reached, or cannot answer. Nothing was changed.</exception>
    public async Task<T> WriteAsync<T>(string? topic, Func<StateContext, Task<T>> change, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    await using var context = Open();
                    await using var transaction = await context.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
                    var result = await change(context);
                    await context.SaveChangesAsync(cancellationToken);
                    if (topic is not null)
                    {
                        await TellAsync(context.Database, topic, cancellationToken);
                    }

                    await transaction.CommitAsync(cancellationToken);
                    return result;
                }
                catch (Exception e) when (attempt < MostTries && IsConflict(e))
                {
                    // Not all at once again.
                    await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, 10 * attempt)), cancellationToken);
                }
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public Task WriteAsync(string? topic, Func<StateContext, Task> change, CancellationToken cancellationToken) => WriteAsync(
        topic,
        async context =>
        {
            await change(context);
            return true;
        },
        cancellationToken);

    /// <summary>
    /// A change for which all replicas queue that make one of the same name. Many may want to make it at once: none is made again because
    /// of another.
    /// </summary>
    /// <param name="timeout">How long a statement may take, or wait for others, before the database counts as gone; in whole seconds.</param>
    /// <inheritdoc cref="WriteAsync{T}"/>
    public async Task<T> WriteInTurnAsync<T>(
        string name, string? topic, Func<StateContext, CancellationToken, Task<T>> change, TimeSpan timeout, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await using var context = Open();
            context.Database.SetCommandTimeout(timeout);
            if (context.Database.GetDbConnection() is SqliteConnection sqlite)
            {
                // That of BEGIN IMMEDIATE, which is where SQLite's writers queue. The library looks for the lock again after 150 ms only,
                // SQLite itself after 1 ms, 2 ms, 5 ms and so on.
                sqlite.DefaultTimeout = (int)timeout.TotalSeconds;
                await sqlite.OpenAsync(cancellationToken);
                await context.Database.ExecuteSqlAsync($"PRAGMA busy_timeout = 250", cancellationToken);
            }

            // In PostgreSQL the lock is the queue. Each statement after it sees what those before have committed, which it would not under
            // a snapshot that was taken while waiting.
            await using var transaction = await context.Database.BeginTransactionAsync(
                options.Engine is Engine.Sqlite ? IsolationLevel.Serializable : IsolationLevel.ReadCommitted, cancellationToken);
            if (options.Engine is Engine.Postgres)
            {
                var key = BinaryPrimitives.ReadInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
                await context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({TurnLocks}, {key})", cancellationToken);
            }

            var result = await change(context, cancellationToken);
            await context.SaveChangesAsync(cancellationToken);
            if (topic is not null)
            {
                await TellAsync(context.Database, topic, cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
            return result;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task TellAsync(DatabaseFacade database, string topic, CancellationToken cancellationToken)
    {
        await database.ExecuteSqlAsync(
            $"INSERT INTO revisions (topic, number) VALUES ({topic}, 1) ON CONFLICT (topic) DO UPDATE SET number = revisions.number + 1",
            cancellationToken);
        if (options.Engine is Engine.Postgres)
        {
            await database.ExecuteSqlAsync($"SELECT pg_notify({ChangeFeed.Channel}, {topic})", cancellationToken);
        }
    }

    // serialization_failure and deadlock_detected; two that insert the same row.
    private static bool IsConflict(Exception exception) => (exception as PostgresException ?? exception.InnerException as PostgresException)
        is { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.UniqueViolation }
        || exception is DbUpdateConcurrencyException;
}
