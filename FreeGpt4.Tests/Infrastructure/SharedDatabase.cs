using FreeGpt4.LlmApi.State;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>One database for several replicas of a test, and a look into it from outside.</summary>
internal sealed class SharedDatabase : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string? _postgres;

    private SharedDatabase(PostgresServer? server, string? connectionString)
    {
        (Server, _postgres) = (server, connectionString);
        EmptyState.CopyTo(_folder.Path);
    }

    /// <summary><c>null</c> with SQLite.</summary>
    public PostgresServer? Server { get; }

    private string File => Path.Combine(_folder.Path, "freegpt4.db");

    /// <param name="engine"><c>sqlite</c> or <c>postgres</c>.</param>
    public static async Task<SharedDatabase> StartAsync(string engine)
    {
        var server = engine is "postgres" ? await PostgresServer.StartAsync() : null;
        return new(server, server?.ConnectionString);
    }

    /// <summary>The settings of a replica that uses it.</summary>
    public (string Name, string Value)[] Settings(string replica) =>
        [("DATA_DIR", _folder.Path), ("REPLICA_ID", replica), ("ConnectionStrings:freegpt4", _postgres ?? "")];

    public async Task<T> ReadAsync<T>(Func<StateContext, Task<T>> read)
    {
        await using StateContext context = _postgres is not null
            ? new PostgresStateContext(new DbContextOptionsBuilder<PostgresStateContext>().UseNpgsql($"{_postgres};Pooling=false").Options)
            : new SqliteStateContext(new DbContextOptionsBuilder<SqliteStateContext>().UseSqlite($"Data Source={File};Pooling=false").Options);
        return await read(context);
    }

    /// <summary>Until it is disposed of, nobody can write; with SQLite only.</summary>
    public async Task<IAsyncDisposable> LockAsync()
    {
        var connection = new SqliteConnection($"Data Source={File};Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var begin = new SqliteCommand("BEGIN IMMEDIATE", connection);
        await begin.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }
}
