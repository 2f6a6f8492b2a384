using System.Data.Common;
using FreeGpt4.LlmApi.State;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using SQLitePCL;

namespace FreeGpt4.LlmApi.Usage;

/// <summary>
/// Writes many records as fast as each engine takes them. Entity Framework, and ADO.NET's commands for SQLite, would take several times as
/// long, and at thousands of requests a second that is time that answers do not get.
/// </summary>
internal static class UsageRows
{
    private const string Columns = """
        at, user_id, route, provider, model, fallbacks, status, outcome,
        prompt_tokens, completion_tokens, is_estimate, first_token_ms, duration_ms, replica
        """;

    /// <exception cref="DbException"/>
    public static async Task InsertAsync(StateContext context, IReadOnlyCollection<UsageRecord> records, CancellationToken cancellationToken)
    {
        if (context.Database.GetDbConnection() is NpgsqlConnection postgres)
        {
            await InsertAsync(postgres, records, cancellationToken);
        }
        else
        {
            Insert((SqliteConnection)context.Database.GetDbConnection(), records);
        }
    }

    // In the transaction that the connection is in.
    private static void Insert(SqliteConnection connection, IEnumerable<UsageRecord> records)
    {
        var database = connection.Handle ?? throw new InvalidOperationException("The connection is closed.");
        Check(raw.sqlite3_prepare_v2(
            database, $"INSERT INTO usage ({Columns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)", out var insert));
        using (insert)
        {
            foreach (var one in records)
            {
                Check(raw.sqlite3_bind_int64(insert, 1, one.At.ToUnixTimeMilliseconds()));
                Check(one.UserId is { } user ? raw.sqlite3_bind_text(insert, 2, user.ToString().ToUpperInvariant()) : raw.sqlite3_bind_null(insert, 2));
                Check(raw.sqlite3_bind_text(insert, 3, one.Route));
                Check(raw.sqlite3_bind_text(insert, 4, one.Provider));
                Check(raw.sqlite3_bind_text(insert, 5, one.Model));
                Check(raw.sqlite3_bind_int(insert, 6, one.Fallbacks));
                Check(raw.sqlite3_bind_int(insert, 7, one.Status));
                Check(raw.sqlite3_bind_text(insert, 8, Name(one.Outcome)));
                Check(raw.sqlite3_bind_int64(insert, 9, one.PromptTokens));
                Check(raw.sqlite3_bind_int64(insert, 10, one.CompletionTokens));
                Check(raw.sqlite3_bind_int(insert, 11, one.IsEstimate ? 1 : 0));
                Check(one.FirstTokenMs is { } first ? raw.sqlite3_bind_int(insert, 12, first) : raw.sqlite3_bind_null(insert, 12));
                Check(raw.sqlite3_bind_int(insert, 13, one.DurationMs));
                Check(raw.sqlite3_bind_text(insert, 14, one.Replica));
                Check(raw.sqlite3_step(insert));
                Check(raw.sqlite3_reset(insert));
            }
        }

        void Check(int result) => SqliteException.ThrowExceptionForRC(result is raw.SQLITE_DONE ? raw.SQLITE_OK : result, database);
    }

    private static async Task InsertAsync(NpgsqlConnection connection, IReadOnlyCollection<UsageRecord> records, CancellationToken cancellationToken)
    {
        await using var insert = new NpgsqlCommand(
            $"INSERT INTO usage ({Columns}) SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)", connection)
        {
            Parameters =
            {
                Of(one => one.At.ToUnixTimeMilliseconds()),
                Of(one => one.UserId),
                Of(one => one.Route),
                Of(one => one.Provider),
                Of(one => one.Model),
                Of(one => one.Fallbacks),
                Of(one => one.Status),
                Of(one => Name(one.Outcome)),
                Of(one => one.PromptTokens),
                Of(one => one.CompletionTokens),
                Of(one => one.IsEstimate),
                Of(one => one.FirstTokenMs),
                Of(one => one.DurationMs),
                Of(one => one.Replica),
            },
        };
        await insert.ExecuteNonQueryAsync(cancellationToken);

        NpgsqlParameter<T[]> Of<T>(Func<UsageRecord, T> value) => new() { TypedValue = [.. records.Select(value)] };
    }

    // As Entity Framework reads it.
    private static string Name(Outcome outcome) => outcome switch
    {
        Outcome.Answered => nameof(Outcome.Answered),
        Outcome.Refused => nameof(Outcome.Refused),
        Outcome.Failed => nameof(Outcome.Failed),
        Outcome.BrokenOff => nameof(Outcome.BrokenOff),
        _ => nameof(Outcome.Cancelled),
    };
}
