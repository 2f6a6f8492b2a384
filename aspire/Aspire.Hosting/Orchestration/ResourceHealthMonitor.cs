using System.Collections.Concurrent;
using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Orchestration;

/// <summary>Asks each running instance how it is: often until it is healthy, then now and then.</summary>
internal sealed class ResourceHealthMonitor(ResourceNotificationService notifications, HealthCheckService registeredChecks) : IDisposable
{
    private static readonly TimeSpan FirstInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HealthyInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, CancellationTokenSource> _watched = new(StringComparer.Ordinal);

    // Loopback only: no proxy of the machine, and no connection kept that would outlive the process at the other end.
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.Zero })
    {
        Timeout = CheckTimeout,
    };

    /// <summary>The reports of a resource whose checks have not run.</summary>
    public static ImmutableArray<HealthReportSnapshot> Pending(IResource resource)
        => [.. resource.Annotations.OfType<HealthCheckAnnotation>().Select(c => new HealthReportSnapshot(c.Key, null, null, null))];

    /// <summary>Begins to check an instance that runs; <paramref name="onHealthy"/> is called each time it turns healthy.</summary>
    public void Watch(ResourceInstance instance, Func<Task> onHealthy)
    {
        var watch = new CancellationTokenSource();
        if (_watched.TryAdd(instance.Id, watch))
        {
            _ = MonitorAsync(instance, onHealthy, watch.Token);
        }
        else
        {
            watch.Dispose();
        }
    }

    public void Unwatch(ResourceInstance instance)
    {
        if (_watched.TryRemove(instance.Id, out var watch))
        {
            watch.Cancel();
            watch.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (var watch in _watched.Values)
        {
            watch.Cancel();
            watch.Dispose();
        }

        _watched.Clear();
        _client.Dispose();
    }

    private async Task MonitorAsync(ResourceInstance instance, Func<Task> onHealthy, CancellationToken cancellationToken)
    {
        var wasHealthy = false;
        var interval = FirstInterval;
        try
        {
            while (true)
            {
                var reports = await CheckAsync(instance, cancellationToken).ConfigureAwait(false);
                var healthy = reports.All(r => r.Status == HealthStatus.Healthy);
                if (healthy && !wasHealthy)
                {
                    await onHealthy().ConfigureAwait(false);
                }

                await notifications.PublishUpdateAsync(
                    instance.Resource, instance.Id, snapshot => snapshot with { HealthReports = reports }).ConfigureAwait(false);
                if (reports.IsEmpty)
                {
                    return;
                }

                interval = (healthy, wasHealthy) switch
                {
                    (true, _) => HealthyInterval,
                    (false, true) => FirstInterval,
                    _ => interval * 2 < LongestInterval ? interval * 2 : LongestInterval,
                };
                wasHealthy = healthy;
                await Task.Delay(interval, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The instance stopped: nobody asks for its health any more.
        }
    }

    private async Task<ImmutableArray<HealthReportSnapshot>> CheckAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        var reports = ImmutableArray.CreateBuilder<HealthReportSnapshot>();
        foreach (var check in instance.Resource.Annotations.OfType<HealthCheckAnnotation>())
        {
            reports.Add(check is HttpHealthCheckAnnotation http
                ? await CheckHttpAsync(instance, http, cancellationToken).ConfigureAwait(false)
                : await CheckRegisteredAsync(check.Key, cancellationToken).ConfigureAwait(false));
        }

        return reports.ToImmutable();
    }

    private async Task<HealthReportSnapshot> CheckHttpAsync(ResourceInstance instance, HttpHealthCheckAnnotation check, CancellationToken cancellationToken)
    {
        var endpoint = check.Endpoint();
        // A replica is asked at the port of its own; that of a container is in its network.
        var address = instance.Resource is ContainerResource
            ? endpoint.AllocatedEndpoint!.EndPointString
            : $"{endpoint.TargetHost}:{instance.TargetPorts[endpoint]}";
        var url = $"{endpoint.UriScheme}://{address}{check.Path}";
        try
        {
            using var response = await _client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            var status = (int)response.StatusCode == check.StatusCode ? HealthStatus.Healthy : HealthStatus.Unhealthy;
            return Report(status, $"GET {url} answered {(int)response.StatusCode}, expected {check.StatusCode}.", null);
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return Report(HealthStatus.Unhealthy, $"GET {url} failed: {exception.Message}", exception.ToString());
        }

        HealthReportSnapshot Report(HealthStatus status, string description, string? exception)
            => new(check.Key, status, status == HealthStatus.Healthy ? null : description, exception) { LastRunAt = DateTime.UtcNow };
    }

    private async Task<HealthReportSnapshot> CheckRegisteredAsync(string key, CancellationToken cancellationToken)
    {
        var report = await registeredChecks.CheckHealthAsync(registration => registration.Name == key, cancellationToken).ConfigureAwait(false);
        return report.Entries.TryGetValue(key, out var entry)
            ? new(key, entry.Status, entry.Description, entry.Exception?.ToString()) { LastRunAt = DateTime.UtcNow }
            : new(key, HealthStatus.Unhealthy, $"No health check named '{key}' is registered.", null) { LastRunAt = DateTime.UtcNow };
    }
}
