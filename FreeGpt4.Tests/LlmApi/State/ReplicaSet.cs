using FreeGpt4.LlmApi.State;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.Tests.LlmApi.State;

/// <summary>Several replicas of the API, in this process, on one database of their own.</summary>
internal sealed class ReplicaSet : IAsyncDisposable
{
    public const string Sqlite = "SQLite";
    public const string Postgres = "PostgreSQL";

    private readonly TemporaryFolder _folder = new();

    private ReplicaSet(PostgresServer? server) => Server = server;

    public IReadOnlyList<LlmApiFactory> Replicas { get; private set; } = [];

    public IReadOnlyList<StateStore> Stores => [.. Replicas.Select(replica => replica.Services.GetRequiredService<StateStore>())];

    /// <summary><c>null</c> with SQLite.</summary>
    public PostgresServer? Server { get; }

    /// <summary>The database file, with SQLite.</summary>
    public string File => Path.Combine(_folder.Path, "freegpt4.db");

    public string MasterKeyFile => Path.Combine(_folder.Path, "master.key");

    /// <summary>What another process of the same cluster has to be told.</summary>
    public (string Name, string Value)[] Environment => [("DATA_DIR", _folder.Path), ("ConnectionStrings__freegpt4", Server?.ConnectionString ?? "")];

    /// <summary>With the demo as the only provider.</summary>
    public static async Task<ReplicaSet> StartAsync(string engine, int count = 4, params (string Name, string Value)[] settings)
    {
        var set = new ReplicaSet(engine is Postgres ? await PostgresServer.StartAsync() : null);
        (string, string)[] state = [("DATA_DIR", set._folder.Path), ("ConnectionStrings:freegpt4", set.Server?.ConnectionString ?? "")];
        set.Replicas = [.. Enumerable.Range(0, count).Select(_ => new LlmApiFactory(demo: true, settings: [.. state, .. settings]))];
        foreach (var replica in set.Replicas)
        {
            replica.StartServer();
        }

        return set;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in Replicas)
        {
            await replica.DisposeAsync();
        }

        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        _folder.Dispose();
    }
}
