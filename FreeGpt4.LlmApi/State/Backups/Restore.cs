using System.Data;
using System.Security.Cryptography;
using FreeGpt4.LlmApi.Settings;
using FreeGpt4.LlmApi.State.Encryption;
using FreeGpt4.LlmApi.Users;
using FreeGpt4.ServiceDefaults.Files;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace FreeGpt4.LlmApi.State.Backups;

/// <summary>Puts a backup in the place of what is in the database, all of it or nothing, while the replicas go on working: they read everything again.</summary>
internal sealed class Restore(StateOptions options, StateStore store, MasterKeyNote masterKey, SecretBox box)
{
    private const int MostTries = 20;

    /// <returns>A line about what was restored.</returns>
    /// <exception cref="BackupException">Nothing was changed.</exception>
    public async Task<string> ReadAsync(string file, CancellationToken cancellationToken)
    {
        file = Path.GetFullPath(file);
        if (!File.Exists(file))
        {
            throw new BackupException($"There is no file {file}.");
        }

        // A copy: it is brought up to date before it is read.
        var copy = Path.Combine(options.Folder, $"restore-{Guid.NewGuid():N}.part");
        try
        {
            PrivateFolder.CreateFile(copy);
            await CopyAsync(file, copy, cancellationToken);
            await using var backup = BackupFile.Open(copy);
            await BackupFile.CheckAsync(backup, file, cancellationToken);
            await backup.Database.MigrateAsync(cancellationToken);
            await CheckKeyAsync(backup, file, cancellationToken);
            await ReplaceAsync(backup, cancellationToken);
            return $"{options.Place} is as in {file}: {await Backup.CountAsync(backup, cancellationToken)}.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BackupException($"{file} cannot be read: {e.Message}");
        }
        catch (Exception e) when (IsOfContent(e))
        {
            // The message may have in it what the file has, whatever that is.
            throw new BackupException($"{file} is damaged: it has something in it that FreeGpt4 has not written ({e.GetType().Name}). Nothing was changed.");
        }
        finally
        {
            foreach (var left in (string[])[copy, $"{copy}-journal", $"{copy}-wal", $"{copy}-shm"])
            {
                File.Delete(left);
            }
        }
    }

    private static async Task CopyAsync(string from, string to, CancellationToken cancellationToken)
    {
        await using var source = File.OpenRead(from);
        await using var target = new FileStream(to, FileMode.Truncate, FileAccess.Write);
        await source.CopyToAsync(target, cancellationToken);
    }

    // Secrets that nobody can read are no use, and the replicas would stumble over them.
    private async Task CheckKeyAsync(StateContext backup, string file, CancellationToken cancellationToken)
    {
        if (!await masterKey.IsOursAsync(backup, cancellationToken))
        {
            throw new BackupException(
                $"The secrets in {file} were encrypted with another master key. Set the MASTER_KEY of that cluster, or unset it and put its file master.key into {options.Folder}, and restore again.");
        }

        foreach (var secret in (await backup.Settings.AsNoTracking().ToListAsync(cancellationToken)).Where(setting => SettingsCatalogue.IsSecret(setting.Name)))
        {
            try
            {
                box.Decrypt(secret.Value, secret.Name);
            }
            catch (CryptographicException)
            {
                throw new BackupException(
                    $"A stored secret in {file} cannot be decrypted with this master key. Set the MASTER_KEY of the cluster that it is of, or unset it and put its file master.key into {options.Folder}, and restore again.");
            }
        }
    }

    // How Entity Framework refuses a role that is none, an id that is none, and so on.
    private static bool IsOfContent(Exception e) => !DatabaseFailure.IsOfDatabase(e)
        && e is InvalidOperationException or FormatException or ArgumentException or InvalidCastException or OverflowException;

    private async Task ReplaceAsync(StateContext backup, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await ReplaceOnceAsync(backup, cancellationToken);
                return;
            }
            catch (Exception e) when (attempt < MostTries && DatabaseFailure.IsConflict(e))
            {
                // One that was writing had some tables, and wanted those that were locked here before: PostgreSQL ends one of the two.
                backup.ChangeTracker.Clear();
            }
        }
    }

    private async Task ReplaceOnceAsync(StateContext backup, CancellationToken cancellationToken)
    {
        await using var context = store.Open();
        var tables = TableCopy.TablesOf(context).Where(IsRestored).ToList();
        await using var transaction = await context.Database.BeginTransactionAsync(
            options.Engine is Engine.Sqlite ? IsolationLevel.Serializable : IsolationLevel.ReadCommitted, cancellationToken);
        if (options.Engine is Engine.Postgres)
        {
            // Nobody writes meanwhile, as with SQLite; everybody reads what was. Changes begin with the revisions, too.
            var all = TableCopy.TablesOf(context).OrderByDescending(table => table.ClrType == typeof(Revision)).Select(table => table.GetTableName());
            var everything = $"LOCK TABLE {string.Join(", ", all)} IN EXCLUSIVE MODE";
            await context.Database.ExecuteSqlRawAsync(everything, cancellationToken);
        }

        var topics = await context.Revisions.AsNoTracking().Select(revision => revision.Topic).ToListAsync(cancellationToken);
        var known = await context.DataProtectionKeys.AsNoTracking().Select(key => key.FriendlyName).ToListAsync(cancellationToken);
        var ended = await context.Notes.AsNoTracking().Where(note => note.Name.StartsWith(UserDirectory.EndedSession)).ToListAsync(cancellationToken);
        foreach (var table in tables.AsEnumerable().Reverse())
        {
            await TableCopy.DeleteAsync(table, context, cancellationToken);
        }

        foreach (var table in tables)
        {
            await TableCopy.CopyAsync(table, backup, context, cancellationToken);
        }

        // The replicas go on with the keys that they have; those of the backup are good as well.
        foreach (var key in await backup.DataProtectionKeys.AsNoTracking().Where(key => !known.Contains(key.FriendlyName)).ToListAsync(cancellationToken))
        {
            context.DataProtectionKeys.Add(new() { FriendlyName = key.FriendlyName, Xml = key.Xml });
        }

        // Sessions go on, and so those that somebody has logged out of stay ended.
        foreach (var session in ended)
        {
            if (!await context.Notes.AnyAsync(note => note.Name == session.Name, cancellationToken))
            {
                context.Notes.Add(session);
            }
        }

        await context.SaveChangesAsync(cancellationToken);
        await CountOnAsync(context, tables, cancellationToken);
        foreach (var topic in topics.Union(await backup.Revisions.AsNoTracking().Select(revision => revision.Topic).ToListAsync(cancellationToken)))
        {
            await store.TellAsync(context.Database, topic, cancellationToken);
        }

        await transaction.CommitAsync(CancellationToken.None);
    }

    // Who is there now, how often what was changed, and what sessions are signed with, is not the backup's.
    private static bool IsRestored(IEntityType table) =>
        table.ClrType != typeof(ReplicaRecord) && table.ClrType != typeof(Revision)
        && table.ClrType != typeof(Microsoft.AspNetCore.DataProtection.EntityFrameworkCore.DataProtectionKey);

    // PostgreSQL does not notice numbers that it has not given out itself.
    private async Task CountOnAsync(StateContext context, IEnumerable<IEntityType> tables, CancellationToken cancellationToken)
    {
        foreach (var table in tables.Where(table => options.Engine is Engine.Postgres && table.FindPrimaryKey() is { Properties: [{ ClrType: var type }] } && type == typeof(long)))
        {
            var (name, column) = (table.GetTableName(), table.FindPrimaryKey()!.Properties[0].GetColumnName());
            var sequence = $"pg_get_serial_sequence('{name}', '{column}')";
            var countOn = $"SELECT setval({sequence}, GREATEST((SELECT COALESCE(MAX({column}), 0) FROM {name}) + 1, nextval({sequence})), false)";
            await context.Database.ExecuteSqlRawAsync(countOn, cancellationToken);
        }
    }
}
