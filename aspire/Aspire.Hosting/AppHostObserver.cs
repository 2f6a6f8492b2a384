using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>Sees an AppHost's builder come and go, and runs its application in its own way. For the testing builder.</summary>
internal interface IAppHostObserver
{
    void OnCreating(DistributedApplicationOptions options, HostApplicationBuilderSettings settings);

    void OnCreated(DistributedApplicationBuilder builder);

    /// <summary>Called by <see cref="DistributedApplicationBuilder.Build"/> before it builds.</summary>
    void OnBuilding(DistributedApplicationBuilder builder);

    void OnBuilt(DistributedApplication application);

    void OnDisposed();

    /// <summary>What <see cref="DistributedApplication.RunAsync"/> does in place of running.</summary>
    Task RunInsteadAsync();
}

internal static class AppHostObservers
{
    /// <summary>The observer of the AppHost whose entry point runs in this flow of execution.</summary>
    public static readonly AsyncLocal<IAppHostObserver?> Current = new();
}
