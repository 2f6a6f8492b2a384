using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.AppHost.Clients;

/// <summary>A cluster in front of a <see cref="ModelServer"/>, shared by the tests that only ask it.</summary>
public abstract class ModelClusterFixture : IAsyncDisposable
{
    private readonly Lazy<Task<(UpstreamServer Upstream, AppHostProcess AppHost)>> _start;

    protected ModelClusterFixture() => _start = new(StartAsync);

    /// <summary>Starts the cluster on first use: a test can be skipped where there is no nginx, a fixture cannot.</summary>
    public async Task<Uri> EdgeUrlAsync() => (await _start.Value).AppHost.EdgeUrl;

    public async ValueTask DisposeAsync()
    {
        if (_start is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            var (upstream, appHost) = await _start.Value;
            await appHost.DisposeAsync();
            await upstream.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>The settings that give the cluster its edge.</summary>
    protected abstract Task<(string Name, string Value)[]> EdgeAsync();

    private async Task<(UpstreamServer Upstream, AppHostProcess AppHost)> StartAsync()
    {
        var edge = await EdgeAsync();
        var upstream = await ModelServer.StartAsync();
        return (upstream, await AppHostProcess.StartReadyAsync([.. edge, ("CUSTOM_BASE_URL", upstream.BaseUrl)]));
    }
}

[CollectionDefinition(Name)]
public sealed class ProxyModelCluster : ModelClusterFixture, ICollectionFixture<ProxyModelCluster>
{
    public const string Name = "Model behind FreeGpt4.Proxy";

    protected override Task<(string Name, string Value)[]> EdgeAsync() => Task.FromResult<(string, string)[]>([("EDGE", "proxy")]);
}

[CollectionDefinition(Name)]
public sealed class NginxModelCluster : ModelClusterFixture, ICollectionFixture<NginxModelCluster>
{
    public const string Name = "Model behind nginx";

    protected override async Task<(string Name, string Value)[]> EdgeAsync() =>
        [("EDGE", "nginx"), await NginxClusterFixture.PathWithNginxAsync()];
}
