using System.Data.Common;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using SQLitePCL;

namespace FreeGpt4.LlmApi.State;

/// <summary>What an exception says about the database. Entity Framework wraps those of its providers, some of them twice.</summary>
internal static class DatabaseFailure
{
    /// <summary>Whether the database, and nothing here, is at fault.</summary>
    public static bool IsOfDatabase(Exception exception) => Any(
        exception, one => one is DbException or DbUpdateException or SocketException or TimeoutException or IOException || IsOfBrokenTransaction(one));

    /// <summary>Whether two have got in each other's way: nothing was changed, and the same can be tried again.</summary>
    public static bool IsConflict(Exception exception) => Any(
        exception,
        one => one is DbUpdateConcurrencyException or PostgresException
        {
            // Of two that insert the same row, the second may find it there.
            SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.UniqueViolation,
        });

    /// <summary>Whether the connection is at fault, which another one may not be: after a restart those in the pool are dead.</summary>
    public static bool IsOfConnection(Exception exception) => !IsConflict(exception) && Any(
        exception,
        one => one is NpgsqlException { IsTransient: true } or SocketException or PostgresException
        {
            SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow,
        } || IsOfBrokenTransaction(one));

    /// <summary>Whether the database refuses what it was given, and would again however often it is given that.</summary>
    public static bool IsOfData(Exception exception) => !IsConflict(exception) && Any(
        exception,
        one => one switch
        {
            // The classes "data exception", "integrity constraint violation" and "program limit exceeded":
            // https://www.postgresql.org/docs/current/errcodes-appendix.html
            PostgresException { SqlState: ['2', '2' or '3', ..] or ['5', '4', ..] } => true,
            SqliteException { SqliteErrorCode: raw.SQLITE_TOOBIG or raw.SQLITE_CONSTRAINT or raw.SQLITE_MISMATCH } => true,
            _ => false,
        });

    /// <summary>What the database calls the failure; unlike its message this has nothing of the data in it.</summary>
    public static string CodeOf(Exception exception) => exception.GetBaseException() switch
    {
        PostgresException postgres => postgres.SqlState,
        SqliteException sqlite => $"SQLite {sqlite.SqliteExtendedErrorCode}",
        var other => other.GetType().Name,
    };

    // "Transaction is already completed": it ended with its connection, between two statements.
    private static bool IsOfBrokenTransaction(Exception exception) =>
        exception is InvalidOperationException && exception.Source == typeof(NpgsqlTransaction).Assembly.GetName().Name;

    private static bool Any(Exception exception, Func<Exception, bool> says)
    {
        for (var one = exception; one is not null; one = one.InnerException)
        {
            if (says(one))
            {
                return true;
            }
        }

        return false;
    }
}
