using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.Tests.LlmApi.Users;

/// <summary>Several replicas that share their state, in one process.</summary>
internal sealed class Replicas : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly PostgresServer? _postgres;

    private Replicas(PostgresServer? postgres) => _postgres = postgres;

    public List<LlmApiFactory> All { get; } = [];

    /// <param name="isEmpty">Whether it is a first start.</param>
    public static async Task<Replicas> StartAsync(
        int count, bool onPostgres = false, bool isEmpty = false, Action<IServiceCollection>? configure = null, UpstreamServer? upstream = null, params (string Name, string Value)[] settings)
    {
        var replicas = new Replicas(onPostgres ? await PostgresServer.StartAsync() : null);
        var folder = Path.Combine(replicas._folder.Path, "data");
        if (!isEmpty && !onPostgres)
        {
            EmptyState.CopyTo(folder);
        }

        (string, string)[] all = [("DATA_DIR", folder), ("ADMIN_PASSWORD", onPostgres ? EmptyState.AdminPassword : ""), .. settings];
        if (replicas._postgres is { } server)
        {
            all = [.. all, ("ConnectionStrings:freegpt4", server.ConnectionString)];
        }

        replicas.All.AddRange(Enumerable.Range(0, count).Select(_ =>
            new LlmApiFactory(upstream, demo: upstream is null, configure: configure, settings: all)));
        await Task.WhenAll(replicas.All.Select(api => Task.Run(() => api.CreateClient().Dispose())));
        return replicas;
    }

    public Task StopDatabaseAsync() => _postgres!.StopAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var api in All)
        {
            await api.DisposeAsync();
        }

        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }

        _folder.Dispose();
    }
}
