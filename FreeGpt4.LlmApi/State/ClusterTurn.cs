using FreeGpt4.ServiceDefaults.Files;
using Npgsql;

namespace FreeGpt4.LlmApi.State;

/// <summary>One replica at a time, for what must be done once. The turn ends with the process, however that ends.</summary>
internal sealed class ClusterTurn(StateOptions options, TimeProvider time)
{
    // "fg4 turn" in ASCII.
    private const long AdvisoryLock = 0x666734207475726e;

    /// <returns>To be disposed of when it is done.</returns>
    public async Task<IAsyncDisposable> TakeAsync(CancellationToken cancellationToken)
    {
        if (options.Engine is Engine.Sqlite)
        {
            return await PrivateFolder.LockAsync(Path.Combine(options.Folder, "first-start.lock"), time, cancellationToken);
        }

        // Not from the pool: with the connection the lock goes.
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(options.ConnectionString) { Pooling = false }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            await using var turn = new NpgsqlCommand($"SELECT pg_advisory_lock({AdvisoryLock})", connection) { CommandTimeout = 0 };
            await turn.ExecuteNonQueryAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
