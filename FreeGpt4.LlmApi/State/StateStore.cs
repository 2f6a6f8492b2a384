using System.Buffers.Binary;
using System.Data;
using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
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

    // SQLite has one writer at a time. Those of this process queue here, in order, and not in the file system. With PostgreSQL some
    // connections are left for those who read.
    private readonly SemaphoreSlim _turn = new(options.Engine is Engine.Sqlite ? 1 : StateOptions.Connections / 2);

    /// <summary>A context to read with; the caller disposes of it.</summary>
    public StateContext Open()
    {
        if (options.Engine is Engine.Postgres)
        {
            return services.GetRequiredService<IDbContextFactory<PostgresStateContext>>().CreateDbContext();
        }

        if (!File.Exists(options.Place))
        {
            // Connections to a file that was deleted go on working, and nobody would ever see what is written there.
            Forget();
        }

        return services.GetRequiredService<IDbContextFactory<SqliteStateContext>>().CreateDbContext();
    }

    /// <exception cref="DbException">The database cannot be reached, or cannot answer.</exception>
    public async Task<T> ReadAsync<T>(Func<StateContext, Task<T>> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        for (var attempt = 1; ; attempt++)
        {
            await using var context = Open();
            try
            {
                return await read(context);
            }
            catch (Exception e) when (attempt == 1 && DatabaseFailure.IsOfConnection(e))
            {
                Forget(context);
            }
        }
    }

    /// <param name="topic">What changes: every replica hears of it by <see cref="ChangeFeed"/>. <c>null</c> when nobody needs to.</param>
    /// <param name="change">May be called more than once, each time with a context of its own, which is saved afterwards.</param>
    /// <exception cref="DbException">
    /// The database cannot be reached, or cannot answer. Nothing was changed, unless the connection broke in the very moment of the commit.
    /// </exception>
    public Task<T> WriteAsync<T>(string? topic, Func<StateContext, Task<T>> change, CancellationToken cancellationToken) =>
        CommitAsync(topic, context => BeginAsync(context, topic, cancellationToken), change, MostTries, cancellationToken);

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
    public Task<T> WriteInTurnAsync<T>(
        string name, string? topic, Func<StateContext, CancellationToken, Task<T>> change, TimeSpan timeout, CancellationToken cancellationToken) =>
        CommitAsync(
            topic,
            context => BeginInTurnAsync(context, name, timeout, cancellationToken),
            context => change(context, cancellationToken),
            mostTries: 1,
            cancellationToken);

    /// <param name="mostTries">How often a change is made before a conflict with another is the caller's.</param>
    private async Task<T> CommitAsync<T>(
        string? topic,
        Func<StateContext, Task<IDbContextTransaction>> begin,
        Func<StateContext, Task<T>> change,
        int mostTries,
        CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                await using var context = Open();
                var isCommitting = false;
                try
                {
                    await using var transaction = await begin(context);
                    var result = await change(context);
                    await context.SaveChangesAsync(cancellationToken);
                    if (topic is not null)
                    {
                        await TellAsync(context.Database, topic, cancellationToken);
                    }

                    isCommitting = true;
                    await transaction.CommitAsync(CancellationToken.None);
                    return result;
                }
                catch (Exception e) when (attempt < mostTries && DatabaseFailure.IsConflict(e))
                {
                    // Not all at once again.
                    await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, 10 * attempt)), cancellationToken);
                }
                catch (Exception e) when (attempt == 1 && !isCommitting && DatabaseFailure.IsOfConnection(e))
                {
                    Forget(context);
                }
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<IDbContextTransaction> BeginAsync(StateContext context, string? topic, CancellationToken cancellationToken)
    {
        var transaction = await context.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        if (topic is not null && options.Engine is Engine.Postgres)
        {
            // They all change its row, and of those who try at the same time all but one would fail. A lock comes before the
            // snapshot: https://www.postgresql.org/docs/current/sql-lock.html
            await context.Database.ExecuteSqlAsync($"LOCK TABLE revisions IN SHARE ROW EXCLUSIVE MODE", cancellationToken);
        }

        return transaction;
    }

    private static async Task<IDbContextTransaction> BeginInTurnAsync(
        StateContext context, string name, TimeSpan timeout, CancellationToken cancellationToken)
    {
        context.Database.SetCommandTimeout(timeout);
        if (context.Database.GetDbConnection() is SqliteConnection sqlite)
        {
            // That of BEGIN IMMEDIATE, which is where SQLite's writers queue. The library looks for the lock again after 150 ms only,
            // SQLite itself after 1 ms, 2 ms, 5 ms and so on.
            sqlite.DefaultTimeout = (int)timeout.TotalSeconds;
            await sqlite.OpenAsync(cancellationToken);
            await context.Database.ExecuteSqlAsync($"PRAGMA busy_timeout = 250", cancellationToken);
            return await context.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        }

        // In PostgreSQL the lock is the queue. Each statement after it sees what those before have committed, which it would not under
        // a snapshot that was taken while waiting.
        var transaction = await context.Database.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        var key = BinaryPrimitives.ReadInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        await context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({TurnLocks}, {key})", cancellationToken);
        return transaction;
    }

    public void Dispose()
    {
        _turn.Dispose();
        if (options.Engine is Engine.Sqlite)
        {
            // The last connection of all replicas writes the log into the database.
            Forget();
        }
    }

    /// <summary>Part of a change: every replica hears that there was one.</summary>
    public async Task TellAsync(DatabaseFacade database, string topic, CancellationToken cancellationToken)
    {
        await database.ExecuteSqlAsync(
            $"INSERT INTO revisions (topic, number) VALUES ({topic}, 1) ON CONFLICT (topic) DO UPDATE SET number = revisions.number + 1",
            cancellationToken);
        if (options.Engine is Engine.Postgres)
        {
            await database.ExecuteSqlAsync($"SELECT pg_notify({PostgresRevisions.Channel}, {topic})", cancellationToken);
        }
    }

    private static void Forget(StateContext context)
    {
        if (context.Database.GetDbConnection() is NpgsqlConnection connection)
        {
            NpgsqlConnection.ClearPool(connection);
        }
    }

    private void Forget()
    {
        using var connection = new SqliteConnection(options.ConnectionString);
        SqliteConnection.ClearPool(connection);
    }
}
