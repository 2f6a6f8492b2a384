using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Aspire.Dashboard;

/// <summary>A cluster of two replicas whose resource service the tests can call, at an address from the environment as in a launch profile.</summary>
[CollectionDefinition(Name)]
public sealed class DashboardFixture : IAsyncLifetime, ICollectionFixture<DashboardFixture>
{
    public const string Name = "Dashboard";

    internal const string ProviderKey = "sk-test-5f1c";
    internal const string ResourceServiceKey = "test-resource-service-key";

    private AppHostProcess? _appHost;

    internal AppHostProcess AppHost => _appHost ?? throw new InvalidOperationException("The cluster has not been started.");

    internal string ResourceServiceUrl { get; } = $"http://localhost:{FreePorts.Next()}";

    internal static (string Name, string Value)[] Environment(string resourceServiceUrl) =>
    [
        ("DASHBOARD", "true"),
        ("ASPIRE_ALLOW_UNSECURED_TRANSPORT", "true"),
        ("ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL", resourceServiceUrl),
        ("AppHost__ResourceService__ApiKey", ResourceServiceKey),
        ("CUSTOM_API_KEY", ProviderKey),
    ];

    internal DashboardClient Client() => new(ResourceServiceUrl, ResourceServiceKey);

    public async ValueTask InitializeAsync() => _appHost = await AppHostProcess.StartReadyAsync(Environment(ResourceServiceUrl));

    public async ValueTask DisposeAsync()
    {
        if (_appHost is not null)
        {
            await _appHost.DisposeAsync();
        }
    }
}
