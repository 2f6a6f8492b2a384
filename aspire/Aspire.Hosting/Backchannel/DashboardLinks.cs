using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Backchannel;

/// <summary>Where the dashboard is, for the CLI.</summary>
internal sealed class DashboardLinks(DashboardSettings settings, ResourceNotificationService notifications)
{
    /// <summary>Of the telemetry API. Known when endpoints have been allocated.</summary>
    public string ApiUrl => settings.Url;

    public string ApiKey => settings.ApiKey;

    /// <summary>Returns when the dashboard can be used, or when it is known that it cannot.</summary>
    public async Task<DashboardUrls> GetUrlsAsync(CancellationToken cancellationToken)
    {
        if (!settings.Enabled)
        {
            return new(DashboardHealthy: false, null);
        }

        var state = await notifications.WaitForResourceAsync(
            DashboardResource.Name,
            changed => changed.Snapshot.HealthStatus == HealthStatus.Healthy || ResourceNotificationService.IsTerminal(changed.Snapshot),
            cancellationToken).ConfigureAwait(false);
        return state.Snapshot.HealthStatus == HealthStatus.Healthy ? new(DashboardHealthy: true, settings.LoginUrl) : new(DashboardHealthy: false, null);
    }
}
