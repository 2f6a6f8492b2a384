using FreeGpt4.LlmApi.State.Backups;
using Microsoft.Data.Sqlite;

namespace FreeGpt4.LlmApi.Users.Import;

/// <summary>A row of the older database, as text whatever it was; a value that is no text or too long has a reason in its place.</summary>
internal sealed class OlderRow
{
    private readonly Dictionary<string, (string? Text, string? Problem)> _values = new(StringComparer.OrdinalIgnoreCase);

    public IReadOnlyCollection<string> Columns => _values.Keys;

    public string? this[string column] => _values.GetValueOrDefault(column).Text;

    public string? ProblemOf(string column) => _values.GetValueOrDefault(column).Problem;

    public void Set(string column, string? text, string? problem) => _values[column] = (text, problem);
}

/// <summary>
/// <c>settings.db</c> of the older FreeGPT4, as somebody gave it to us: read only, and nothing in it is run or believed.
/// https://www.sqlite.org/security.html#untrusted_sqlite_database_files
/// </summary>
internal sealed class OlderDatabase : IDisposable
{
    private const int MostColumns = 100;
    private const int MostRows = 10_000;
    private const int LongestValue = 64 << 20;

    private readonly SqliteConnection _connection;

    private OlderDatabase(SqliteConnection connection) => _connection = connection;

    /// <param name="name">What it is called in messages.</param>
    /// <exception cref="BackupException">No such database.</exception>
    public static OlderDatabase Open(string file, string name)
    {
        if (!File.Exists(file))
        {
            throw new BackupException($"There is no file {name}.");
        }

        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ConnectionString);
        try
        {
            connection.Open();
            var database = new OlderDatabase(connection);
            database.Scalar("PRAGMA trusted_schema = OFF");
            database.Scalar("PRAGMA cell_size_check = ON");
            if (database.Scalar("PRAGMA integrity_check(1)") is not "ok")
            {
                throw new BackupException($"{name} is damaged.");
            }

            return database.Tables().Contains("settings") || database.Tables().Contains("personal")
                ? database
                : throw new BackupException($"{name} is no settings.db of FreeGPT4: it has neither a table settings nor a table personal.");
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new BackupException($"{name} is no settings.db of FreeGPT4: {e.Message}");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Real tables only: a view could be anything.</summary>
    public IReadOnlyList<string> Tables()
    {
        using var command = Command("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name");
        using var rows = command.ExecuteReader();
        var names = new List<string>();
        while (rows.Read())
        {
            names.Add(rows.GetString(0));
        }

        return names;
    }

    /// <exception cref="BackupException">More than can be.</exception>
    public IEnumerable<OlderRow> Rows(string table)
    {
        if (!Tables().Contains(table))
        {
            yield break;
        }

        var columns = Columns(table);
        var selected = string.Join(", ", columns.Select((column, index) =>
            $"typeof({Quoted(column)}), length(CAST({Quoted(column)} AS BLOB)), CASE WHEN length(CAST({Quoted(column)} AS BLOB)) <= {LongestValue} THEN {Quoted(column)} END"));
        using var command = Command($"SELECT {selected} FROM {Quoted(table)} LIMIT {MostRows + 1}");
        using var rows = command.ExecuteReader();
        for (var count = 1; rows.Read(); count++)
        {
            if (count > MostRows)
            {
                throw new BackupException($"The table {table} has more than {MostRows} rows.");
            }

            var row = new OlderRow();
            for (var index = 0; index < columns.Count; index++)
            {
                var type = rows.GetString(3 * index);
                var problem = type is "blob" ? "it is no text"
                    : !rows.IsDBNull(3 * index + 1) && rows.GetInt64(3 * index + 1) > LongestValue ? $"it has {rows.GetInt64(3 * index + 1)} bytes" : null;
                var text = problem is null && !rows.IsDBNull(3 * index + 2) ? rows.GetString(3 * index + 2) : null;
                row.Set(columns[index], text, text?.Contains('\0') is true ? "it is no text" : problem);
            }

            yield return row;
        }
    }

    public void Dispose() => _connection.Dispose();

    private static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"")}\"";

    private List<string> Columns(string table)
    {
        using var command = Command("SELECT name FROM pragma_table_info($table)");
        command.Parameters.AddWithValue("$table", table);
        using var rows = command.ExecuteReader();
        var names = new List<string>();
        while (rows.Read())
        {
            names.Add(rows.GetString(0));
        }

        return names.Count <= MostColumns ? names : throw new BackupException($"The table {table} has more than {MostColumns} columns.");
    }

    private object? Scalar(string sql)
    {
        using var command = Command(sql);
        return command.ExecuteScalar();
    }

    private SqliteCommand Command(string sql)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }
}
