using Npgsql;

namespace FreeGpt4.LlmApi.State;

/// <summary>Is told by the database when somebody has written: https://www.postgresql.org/docs/current/sql-notify.html</summary>
internal sealed class PostgresRevisions(StateOptions options) : IRevisionSource
{
    /// <summary>Of <c>NOTIFY</c>; the payload is the topic.</summary>
    public const string Channel = "freegpt4";

    // A connection that died without a word is noticed by then: whoever waited longer asks, and is not answered.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(5);

    private readonly NpgsqlConnection _connection = new(new NpgsqlConnectionStringBuilder(options.ConnectionString)
    {
        Pooling = false,
        CommandTimeout = (int)LongestSilence.TotalSeconds,
    }.ConnectionString);

    private bool _listens;

    public async Task<IReadOnlyDictionary<string, long>> ReadAsync(CancellationToken cancellationToken)
    {
        if (!_listens)
        {
            await _connection.OpenAsync(cancellationToken);
            await using var listen = new NpgsqlCommand($"LISTEN {Channel}", _connection);
            await listen.ExecuteNonQueryAsync(cancellationToken);
            _listens = true;
        }

        var revisions = new Dictionary<string, long>();
        await using var command = new NpgsqlCommand("SELECT topic, number FROM revisions", _connection);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            revisions[rows.GetString(0)] = rows.GetInt64(1);
        }

        return revisions;
    }

    public Task WaitAsync(CancellationToken cancellationToken) => _connection.WaitAsync(LongestSilence, cancellationToken);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
