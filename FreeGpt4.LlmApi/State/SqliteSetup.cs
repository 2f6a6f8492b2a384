using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace FreeGpt4.LlmApi.State;

/// <summary>What SQLite is told on each connection.</summary>
internal sealed class SqliteSetup : DbConnectionInterceptor
{
    // busy_timeout: SQLite looks every few milliseconds whether another process has finished writing, its .NET library only every 150.
    // synchronous: what was acknowledged survives a power cut as well.
    private const string Pragmas = "PRAGMA busy_timeout = 15000; PRAGMA synchronous = FULL";

    private SqliteSetup()
    {
    }

    public static SqliteSetup Instance { get; } = new();

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Pragmas;
        command.ExecuteNonQuery();
    }

    public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        ConnectionOpened(connection, eventData);
        return Task.CompletedTask;
    }
}
