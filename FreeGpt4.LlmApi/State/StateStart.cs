using FreeGpt4.LlmApi.State.Encryption;
using FreeGpt4.LlmApi.State.Migrations;
using FreeGpt4.ServiceDefaults.Files;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace FreeGpt4.LlmApi.State;

/// <summary>
/// Before anybody is served: brings the schema up to date, one replica at a time, and reads what all of them know. A database that cannot be
/// reached yet is waited for: without it nobody knows who may ask.
/// </summary>
internal sealed partial class StateStart(
    StateOptions options, StateStore store, MasterKeyNote masterKey, ChangeFeed changes, TimeProvider time, ILogger<StateStart> logger) : IHostedLifecycleService
{
    // Any number that nobody else takes: "freegpt4" in ASCII, as far as it fits.
    private const long AdvisoryLock = 0x66726565677074;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var waited = false;
        while (true)
        {
            try
            {
                await MigrateAsync(cancellationToken);
                await masterKey.CheckAsync(cancellationToken);
                await changes.ReadAllAsync(cancellationToken);
                return;
            }
            catch (Exception e) when (DatabaseFailure.IsOfConnection(e))
            {
                if (!waited)
                {
                    Log.Waiting(logger, options.Place, e.GetBaseException().Message.ReplaceLineEndings(" "));
                    waited = true;
                }

                await Task.Delay(Pause, time, cancellationToken);
            }
            catch (PostgresException e)
            {
                // Its text has no password in it.
                throw new OptionsValidationException(
                    "state", typeof(StateOptions), [$"ConnectionStrings__{StateOptions.ConnectionName} leads to {options.Place}, which cannot be used: {e.MessageText}"]);
            }
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Makes the schema, or brings it up to date.</summary>
    public Task MigrateAsync(CancellationToken cancellationToken) =>
        options.Engine is Engine.Sqlite ? MigrateSqliteAsync(cancellationToken) : MigratePostgresAsync(cancellationToken);

    // The system gives the lock of a file back when a process ends, however it ends. EF's own, a row in the database, would stay.
    private async Task MigrateSqliteAsync(CancellationToken cancellationToken)
    {
        try
        {
            PrivateFolder.Create(options.Folder);
            await using var held = await PrivateFolder.LockAsync(Path.Combine(options.Folder, "migration.lock"), time, cancellationToken);
            PrivateFolder.CreateFile(options.Place);
            await using var context = store.Open();

            // Readers do not wait for a writer. Remembered in the file.
            await context.Database.ExecuteSqlAsync($"PRAGMA journal_mode = WAL", cancellationToken);
            if (await Schema.BringUpToDateAsync(context, cancellationToken))
            {
                Log.Migrated(logger, options.Place);
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException or Microsoft.Data.Sqlite.SqliteException)
        {
            throw new OptionsValidationException(
                "state", typeof(StateOptions), [$"DATA_DIR is \"{options.Folder}\", where no database can be opened: {e.Message}"]);
        }
    }

    private async Task MigratePostgresAsync(CancellationToken cancellationToken)
    {
        try
        {
            PrivateFolder.Create(options.Folder);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new OptionsValidationException("state", typeof(StateOptions), [$"DATA_DIR is \"{options.Folder}\", which cannot be made: {e.Message}"]);
        }

        await using var held = new NpgsqlConnection(options.ConnectionString);
        await held.OpenAsync(cancellationToken);
        await using (var turn = new NpgsqlCommand($"SELECT pg_advisory_lock({AdvisoryLock})", held) { CommandTimeout = 0 })
        {
            // The server gives it back when the connection ends, however it ends.
            await turn.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var context = store.Open();
        if (await Schema.BringUpToDateAsync(context, cancellationToken))
        {
            Log.Migrated(logger, options.Place);
        }

        await using (var done = new NpgsqlCommand($"SELECT pg_advisory_unlock({AdvisoryLock})", held))
        {
            // The connection itself goes back to the pool.
            await done.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Waiting for the database {Place}: {Reason}")]
        public static partial void Waiting(ILogger logger, string place, string reason);

        [LoggerMessage(2, LogLevel.Information, "The database {Place} has been brought up to date.")]
        public static partial void Migrated(ILogger logger, string place);
    }
}
