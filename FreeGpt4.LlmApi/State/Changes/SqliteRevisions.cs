using Microsoft.Data.Sqlite;

namespace FreeGpt4.LlmApi.State;

/// <summary>
/// Asks the database whether anybody has written to it, which costs microseconds, and only then what: https://www.sqlite.org/pragma.html#pragma_data_version
/// </summary>
internal sealed class SqliteRevisions : IRevisionSource
{
    // Six in a second that a change may take.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(150);

    private readonly string _file;
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _version;
    private readonly SqliteCommand _revisions;
    private Dictionary<string, long>? _known;
    private long _knownVersion;

    public SqliteRevisions(StateOptions options)
    {
        _file = options.Place;
        _connection = new(new SqliteConnectionStringBuilder(options.ConnectionString) { Pooling = false }.ConnectionString);
        _version = _connection.CreateCommand();
        _version.CommandText = "PRAGMA data_version";
        _revisions = _connection.CreateCommand();
        _revisions.CommandText = "SELECT topic, number FROM revisions";
    }

    public Task<IReadOnlyDictionary<string, long>> ReadAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(_file))
        {
            // A connection does not notice: it would go on reading what nobody else can see.
            throw new SqliteException($"{_file} is gone.", SQLitePCL.raw.SQLITE_CANTOPEN);
        }

        if (_known is null)
        {
            _connection.Open();
            _version.Prepare();
            _revisions.Prepare();
        }

        // Before the revisions: what is written between the two is found the next time.
        var version = (long)_version.ExecuteScalar()!;
        if (_known is null || version != _knownVersion)
        {
            var revisions = new Dictionary<string, long>();
            using var rows = _revisions.ExecuteReader();
            while (rows.Read())
            {
                revisions[rows.GetString(0)] = rows.GetInt64(1);
            }

            (_known, _knownVersion) = (revisions, version);
        }

        return Task.FromResult<IReadOnlyDictionary<string, long>>(_known);
    }

    public Task WaitAsync(CancellationToken cancellationToken) => Task.Delay(Interval, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _version.DisposeAsync();
        await _revisions.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
