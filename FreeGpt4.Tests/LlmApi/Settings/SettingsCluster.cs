using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FreeGpt4.LlmApi.Users;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FreeGpt4.Tests.LlmApi.Settings;

/// <summary>Replicas of the API, in this process, on one database of their own. Whoever asks is an admin.</summary>
internal sealed class SettingsCluster : IAsyncDisposable
{
    public const string Sqlite = "SQLite";
    public const string Postgres = "PostgreSQL";

    private readonly TemporaryFolder _folder = new();
    private readonly List<LlmApiFactory> _replicas = [];

    private SettingsCluster(PostgresServer? server) => Server = server;

    public IReadOnlyList<HttpClient> Clients { get; private set; } = [];

    public IReadOnlyList<IServiceProvider> Services => [.. _replicas.Select(replica => replica.Services)];

    /// <summary><c>null</c> with SQLite.</summary>
    public PostgresServer? Server { get; }

    public string Folder => _folder.Path;

    public static async Task<SettingsCluster> StartAsync(
        string engine = Sqlite,
        int replicas = 1,
        UpstreamServer? upstream = null,
        UpstreamServer? other = null,
        Action<string>? onLog = null,
        params IEnumerable<(string Name, string Value)> settings)
    {
        var cluster = new SettingsCluster(engine is Postgres ? await PostgresServer.StartAsync() : null);
        cluster.Add(replicas, upstream, other, onLog, settings);
        return cluster;
    }

    /// <summary>Further replicas, perhaps with another environment.</summary>
    public void Add(
        int replicas = 1,
        UpstreamServer? upstream = null,
        UpstreamServer? other = null,
        Action<string>? onLog = null,
        params IEnumerable<(string Name, string Value)> settings)
    {
        (string, string)[] state = [("DATA_DIR", Folder), ("ConnectionStrings:freegpt4", Server?.ConnectionString ?? "")];
        for (var i = 0; i < replicas; i++)
        {
            _replicas.Add(new(
                upstream,
                other: other,
                configure: services =>
                {
                    services.AddAuthorizationBuilder().AddPolicy(AccessPolicies.Admin, policy => policy.RequireAssertion(_ => true));
                    if (onLog is not null)
                    {
                        services.AddSingleton<ILoggerProvider>(new LogListener(onLog));
                    }
                },
                settings: [.. state, .. settings]));
        }

        Clients = [.. Clients, .. _replicas.Skip(Clients.Count).Select(replica => replica.CreateClient())];
    }

    public async Task StopReplicasAsync()
    {
        foreach (var client in Clients)
        {
            client.Dispose();
        }

        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }

        Clients = [];
        _replicas.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await StopReplicasAsync();
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        _folder.Dispose();
    }
}

internal static class SettingsRequests
{
    public const string Route = "/api/settings";

    public static Task<HttpResponseMessage> TryPutAsync(this HttpClient client, params (string Name, JsonNode? Value)[] settings) =>
        client.PutAsJsonAsync(Route, new JsonObject(settings.Select(setting => KeyValuePair.Create(setting.Name, setting.Value))), TestContext.Current.CancellationToken);

    public static async Task PutAsync(this HttpClient client, params (string Name, JsonNode? Value)[] settings)
    {
        using var response = await client.TryPutAsync(settings);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.TextAsync());
    }

    public static async Task<JsonNode> SettingAsync(this HttpClient client, string name)
    {
        using var response = await client.GetAsync(Route, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return (await response.JsonAsync())["settings"]!.AsArray().Where(setting => setting.Value("name") == name).ShouldHaveSingleItem().ShouldNotBeNull();
    }
}
