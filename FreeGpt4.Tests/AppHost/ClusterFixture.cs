using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.AppHost;

/// <summary>One running cluster of two replicas without any key, shared by the tests that only use it.</summary>
[CollectionDefinition(Name)]
public sealed class ClusterFixture : IAsyncLifetime, ICollectionFixture<ClusterFixture>
{
    public const string Name = "Cluster";

    private AppHostProcess? _appHost;

    internal AppHostProcess AppHost => _appHost ?? throw new InvalidOperationException("The cluster has not been started.");

    public Uri EdgeUrl => AppHost.EdgeUrl;

    public async ValueTask InitializeAsync() => _appHost = await AppHostProcess.StartReadyAsync(("DASHBOARD", "true"));

    public async ValueTask DisposeAsync()
    {
        if (_appHost is not null)
        {
            await _appHost.DisposeAsync();
        }
    }
}
