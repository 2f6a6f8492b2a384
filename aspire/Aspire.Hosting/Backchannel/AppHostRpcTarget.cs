using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Pipelines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Backchannel;

#pragma warning disable CA1822 // What is called by its name has to belong to the object.

/// <summary>What the CLI that has started the AppHost can ask of it. The methods are called by their names.</summary>
internal sealed class AppHostRpcTarget(AppHostLog log, IHostApplicationLifetime lifetime, IServiceProvider services)
{
    private readonly TaskCompletionSource<bool> _order = new(TaskCreationOptions.RunContinuationsAsynchronously);
    /// <summary>What the CLI wants of an AppHost that publishes: true that it does, false that it stops without having done anything.</summary>
    public Task<bool> Order => _order.Task;

    public Task<string[]> GetCapabilitiesAsync(CancellationToken cancellationToken = default) => Task.FromResult<string[]>(["baseline.v2", "pipeline-steps.v1"]);

    /// <summary>Has no answer when the AppHost ends before the dashboard was there: the CLI would show that instead of what the AppHost says of it.</summary>
    public async Task<DashboardUrls> GetDashboardUrlsAsync(CancellationToken cancellationToken = default)
    {
        if (services.GetService<DashboardLinks>() is not { } dashboard)
        {
            return new(DashboardHealthy: false, null);
        }

        try
        {
            return await dashboard.GetUrlsAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    public IAsyncEnumerable<AppHostLogEntry> GetAppHostLogEntriesAsync(CancellationToken cancellationToken = default) => log.Read().ReadAllAsync(cancellationToken);

    /// <summary>The CLI has shown where the dashboard is; nothing waits for that.</summary>
    public Task NotifyAppHostReadyAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public IAsyncEnumerable<PublishingActivity> GetPublishingActivitiesAsync(CancellationToken cancellationToken = default)
    {
        _order.TrySetResult(true);
        return services.GetRequiredService<PipelineActivityReporter>().Activities.ReadAllAsync(cancellationToken);
    }

    public async Task<PipelineStepsResponse> GetPipelineStepsAsync(PipelineStepsRequest? request = null, CancellationToken cancellationToken = default)
        => new([.. await services.GetRequiredService<PipelineRunner>().ListAsync(request?.Step, cancellationToken).ConfigureAwait(false)]);

    public Task RequestStopAsync(CancellationToken cancellationToken = default)
    {
        _order.TrySetResult(false);
        lifetime.StopApplication();
        return Task.CompletedTask;
    }

    /// <summary>Shown instead of the dashboard where that cannot be opened, as over SSH.</summary>
    public IAsyncEnumerable<ResourceState> GetResourceStatesAsync(CancellationToken cancellationToken = default)
        => services.GetRequiredService<ResourceNotificationService>().WatchAsync(cancellationToken)
            .Where(changed => !changed.Snapshot.IsHidden)
            .Select(changed => new ResourceState(
                changed.Resource.Name,
                changed.Snapshot.ResourceType,
                changed.Snapshot.State?.Text ?? "Unknown",
                [.. changed.Snapshot.Urls.Select(url => url.Url)],
                changed.Snapshot.HealthStatus?.ToString()));
}
