using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.State.Backups;

/// <summary>A backup is a SQLite database, whatever the engine that it was made from: it can be looked into, and restored into either.</summary>
internal static class BackupFile
{
    public static SqliteStateContext Open(string file) => new(new DbContextOptionsBuilder<SqliteStateContext>()
        .UseSqlite(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadWrite, Pooling = false, ForeignKeys = true }.ConnectionString)
        .EnableSensitiveDataLogging(false)
        .Options);

    /// <exception cref="BackupException">It is no database of ours, or damaged.</exception>
    public static async Task CheckAsync(StateContext context, string file, CancellationToken cancellationToken)
    {
        try
        {
            // https://www.sqlite.org/security.html#untrusted_sqlite_database_files
            await context.Database.OpenConnectionAsync(cancellationToken);
            await context.Database.ExecuteSqlAsync($"PRAGMA trusted_schema = OFF", cancellationToken);
            if (await FirstAsync(context, "PRAGMA integrity_check(1)", cancellationToken) is not "ok" and var problem)
            {
                throw new BackupException($"{file} is damaged: {problem?.ReplaceLineEndings(" ")}");
            }

            if (await FirstAsync(context, "PRAGMA foreign_key_check", cancellationToken) is { } table)
            {
                throw new BackupException($"{file} is damaged: rows of {table} refer to others that are not there.");
            }

            var applied = (await context.Database.GetAppliedMigrationsAsync(cancellationToken)).ToList();
            if (applied.Count == 0)
            {
                throw new BackupException($"{file} is no backup of FreeGpt4.");
            }

            if (applied.Except(context.Database.GetMigrations()).Any())
            {
                throw new BackupException($"{file} is of a newer version of FreeGpt4 than this one; restore it with that.");
            }
        }
        catch (SqliteException e)
        {
            throw new BackupException($"{file} is no backup of FreeGpt4: {e.Message}");
        }
    }

    private static async Task<string?> FirstAsync(StateContext context, string pragma, CancellationToken cancellationToken)
    {
        await using var command = context.Database.GetDbConnection().CreateCommand();
        command.CommandText = pragma;
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }
}
