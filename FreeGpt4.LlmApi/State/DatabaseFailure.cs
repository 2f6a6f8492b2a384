using System.Data.Common;
using System.Net.Sockets;
using Microsoft.EntityFrameworkCore;
using Npgsql;

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
