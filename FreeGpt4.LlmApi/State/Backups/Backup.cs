using System.Data;
using FreeGpt4.ServiceDefaults.Files;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.State.Backups;

/// <summary>What is in the database at one moment, in a file, while the replicas go on working.</summary>
internal sealed class Backup(StateOptions options, StateStore store)
{
    /// <returns>A line about what is in it.</returns>
    /// <exception cref="BackupException"/>
    public async Task<string> WriteAsync(string file, CancellationToken cancellationToken)
    {
        file = Path.GetFullPath(file);
        if (File.Exists(file) || Directory.Exists(file))
        {
            throw new BackupException($"{file} is there already; backups are not written over anything.");
        }

        // Whoever finds a file of that name finds a whole one.
        var draft = $"{file}.{Guid.NewGuid():N}.part";
        try
        {
            PrivateFolder.CreateFile(draft);
            await (options.Engine is Engine.Sqlite ? CopyFileAsync(draft, cancellationToken) : CopyTablesAsync(draft, cancellationToken));
            string said;
            await using (var copy = BackupFile.Open(draft))
            {
                await BackupFile.CheckAsync(copy, file, cancellationToken);
                said = await CountAsync(copy, cancellationToken);
            }

            await using (var written = new FileStream(draft, FileMode.Open, FileAccess.ReadWrite))
            {
                written.Flush(flushToDisk: true);
            }

            File.Move(draft, file, overwrite: false);
            return $"{file}: {said}; {new FileInfo(file).Length} bytes.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BackupException($"{file} cannot be written: {e.Message}");
        }
        finally
        {
            foreach (var left in (string[])[draft, $"{draft}-journal", $"{draft}-wal", $"{draft}-shm"])
            {
                File.Delete(left);
            }
        }
    }

    public static async Task<string> CountAsync(StateContext context, CancellationToken cancellationToken)
    {
        var (settings, users, tokens) = (
            await context.Settings.CountAsync(cancellationToken),
            await context.Users.CountAsync(cancellationToken),
            await context.AccessTokens.CountAsync(cancellationToken));
        var (conversations, requests) = (
            await context.Conversations.CountAsync(cancellationToken), await context.Usage.LongCountAsync(cancellationToken));
        return $"{settings} settings, {users} users, {tokens} tokens, {conversations} conversations, {requests} records of requests";
    }

    // One read transaction of SQLite, beside which others write: https://www.sqlite.org/lang_vacuum.html#vacuuminto
    private async Task CopyFileAsync(string draft, CancellationToken cancellationToken)
    {
        if (!File.Exists(options.Place))
        {
            throw new BackupException($"There is no database {options.Place}. DATA_DIR is that of the cluster, if it has another.");
        }

        try
        {
            await store.ReadAsync(context => context.Database.ExecuteSqlAsync($"VACUUM INTO {draft}", cancellationToken), cancellationToken);
        }
        catch (SqliteException e)
        {
            throw new BackupException($"{options.Place} cannot be copied: {e.Message}");
        }
    }

    private async Task CopyTablesAsync(string draft, CancellationToken cancellationToken)
    {
        await using var copy = BackupFile.Open(draft);
        await copy.Database.MigrateAsync(cancellationToken);
        await using var from = store.Open();
        await using var moment = await from.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        await using var written = await copy.Database.BeginTransactionAsync(cancellationToken);
        foreach (var table in TableCopy.TablesOf(copy))
        {
            await TableCopy.CopyAsync(table, from, copy, cancellationToken);
        }

        await written.CommitAsync(cancellationToken);
    }
}
