using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace FreeGpt4.LlmApi.State.Migrations;

/// <summary>
/// The tables as the last migration leaves them. An empty database gets them by one script, and one that is up to date is asked two short
/// questions. By itself Entity Framework builds models for both, which took a fifth of the processor time of a start.
/// </summary>
internal static class Schema
{
    private const string History = "__EFMigrationsHistory";

    /// <returns>Whether anything was missing.</returns>
    public static async Task<bool> BringUpToDateAsync(StateContext context, CancellationToken cancellationToken)
    {
        var database = context.Database;
        await database.OpenConnectionAsync(cancellationToken);
        var applied = await AppliedAsync(database, cancellationToken);
        if (applied is [])
        {
            // All or nothing: a replica that is killed in the middle leaves an empty database.
            await using var transaction = await database.BeginTransactionAsync(cancellationToken);
            await database.ExecuteSqlRawAsync(CreationScript(database), cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return true;
        }

        if (!database.GetMigrations().Except(applied).Any())
        {
            return false;
        }

        if (database.IsSqlite())
        {
            await database.ExecuteSqlAsync($"DROP TABLE IF EXISTS __EFMigrationsLock", cancellationToken);
        }

        await database.MigrateAsync(cancellationToken);
        return true;
    }

    /// <summary>What makes all tables, as <c>dotnet ef migrations script --no-transactions</c> wrote it.</summary>
    public static string CreationScript(DatabaseFacade database)
    {
        using var stream = typeof(Schema).Assembly.GetManifestResourceStream(database.IsSqlite() ? "sqlite.sql" : "postgres.sql")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static async Task<List<string>> AppliedAsync(DatabaseFacade database, CancellationToken cancellationToken)
    {
        await using var command = database.GetDbConnection().CreateCommand();
        command.CommandText = database.IsSqlite()
            ? $"SELECT count(*) FROM sqlite_master WHERE name = '{History}'"
            : $"SELECT count(to_regclass('\"{History}\"'))";
        if ((long)(await command.ExecuteScalarAsync(cancellationToken))! == 0)
        {
            return [];
        }

        command.CommandText = $"SELECT \"MigrationId\" FROM \"{History}\"";
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var applied = new List<string>();
        while (await rows.ReadAsync(cancellationToken))
        {
            applied.Add(rows.GetString(0));
        }

        return applied;
    }
}
