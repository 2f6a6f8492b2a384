using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace FreeGpt4.LlmApi.State;

internal enum Engine
{
    Sqlite,
    Postgres,
}

/// <summary>Where the state of the cluster is.</summary>
/// <param name="ConnectionString">Without what only this program knows to add.</param>
/// <param name="Folder"><c>DATA_DIR</c>: an absolute path. Also with PostgreSQL, for the files that must not be in the database.</param>
internal sealed record StateOptions(Engine Engine, string ConnectionString, string Folder)
{
    /// <summary>As Aspire names the connection string of a database resource <c>freegpt4</c>.</summary>
    public const string ConnectionName = "freegpt4";

    /// <summary>Of each replica to PostgreSQL, where nothing else is said. Eight replicas fit into its usual limit of 100.</summary>
    public const int Connections = 10;

    private const string DatabaseFile = "freegpt4.db";

    /// <summary>The database without its password, for messages.</summary>
    public string Place => Engine is Engine.Sqlite
        ? new SqliteConnectionStringBuilder(ConnectionString).DataSource
        : new NpgsqlConnectionStringBuilder(ConnectionString) is var postgres ? $"{postgres.Host}:{postgres.Port}/{postgres.Database}" : "";

    /// <summary>PostgreSQL where <c>ConnectionStrings__freegpt4</c> is set, else a file in <c>DATA_DIR</c>.</summary>
    public static StateOptions Read(SettingsReader settings)
    {
        var folder = DataFolder.Read(settings);
        if (settings.Text($"ConnectionStrings:{ConnectionName}") is { } postgres)
        {
            try
            {
                var connection = new NpgsqlConnectionStringBuilder(postgres) { ApplicationName = "FreeGpt4" };
                if (!connection.ContainsKey("Maximum Pool Size"))
                {
                    connection.MaxPoolSize = Connections;
                }

                return new(Engine.Postgres, connection.ConnectionString, folder);
            }
            catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException)
            {
                // Not the value, which has a password in it.
                settings.Refuse(
                    $"ConnectionStrings__{ConnectionName} cannot be read; allowed is as in Host=db;Port=5432;Database=freegpt4;Username=freegpt4;Password=….");
            }
        }

        return new(
            Engine.Sqlite,
            new SqliteConnectionStringBuilder
            {
                DataSource = Path.Combine(folder, DatabaseFile),
                ForeignKeys = true,

                // Made at the start only. Where it is gone later, an empty one in its place would be no help.
                Mode = SqliteOpenMode.ReadWrite,
            }.ConnectionString,
            folder);
    }
}
