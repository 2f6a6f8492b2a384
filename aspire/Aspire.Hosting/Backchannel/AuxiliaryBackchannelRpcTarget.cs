using System.Globalization;
using System.Runtime.CompilerServices;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Backchannel;

#pragma warning disable CA1822 // What is called by its name has to belong to the object.

/// <summary>What the CLI can ask of an AppHost that runs. The methods are called by their names.</summary>
internal sealed class AuxiliaryBackchannelRpcTarget(
    AppHostIdentity appHost,
    DashboardLinks dashboard,
    ResourceNotificationService notifications,
    ConsoleLogs logs,
    ResourceWaits waits,
    ReplicaCommands commands,
    IConfiguration configuration,
    IHostApplicationLifetime lifetime)
{
    public Task<CapabilitiesResponse> GetCapabilitiesAsync(EmptyRequest? request = null, CancellationToken cancellationToken = default)
        => Task.FromResult(new CapabilitiesResponse(["aux.v1", "aux.v2", "aux.v3"]));

    public Task<AppHostInformation> GetAppHostInformationAsync(CancellationToken cancellationToken = default) => Task.FromResult(new AppHostInformation(
        appHost.ProjectFile!,
        Environment.ProcessId,
        Number(CliSettings.ProcessId) is { } processId ? (int)processId : null,
        AppHostIdentity.StartedAt,
        AppHostIdentity.StartedAfterBoot(Environment.ProcessId) is { } started ? DateTimeOffset.UnixEpoch + started : null,
        Number(CliSettings.Started) is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null,
        Number(CliSettings.StartedStable) is { } milliseconds ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null,
        configuration[CliSettings.LogFile]));

    public async Task<AppHostInfoResponse> GetAppHostInfoAsync(EmptyRequest? request = null, CancellationToken cancellationToken = default)
    {
        var information = await GetAppHostInformationAsync(cancellationToken).ConfigureAwait(false);
        return new(
            information.ProcessId.ToString(CultureInfo.InvariantCulture), appHost.HostingVersion, information.AppHostPath, information.CliProcessId,
            information.StartedAt, information.CliLogFilePath);
    }

    public Task<DashboardUrls> GetDashboardUrlsAsync(CancellationToken cancellationToken = default) => dashboard.GetUrlsAsync(cancellationToken);

    public async Task<DashboardInfoResponse> GetDashboardInfoAsync(EmptyRequest? request = null, CancellationToken cancellationToken = default)
    {
        var urls = await dashboard.GetUrlsAsync(cancellationToken).ConfigureAwait(false);
        return urls.BaseUrlWithLoginToken is { } login
            ? new(dashboard.ApiUrl, dashboard.ApiKey, [login], urls.DashboardHealthy)
            : new(null, null, [], IsHealthy: false);
    }

    /// <summary>Returns when everything has been started.</summary>
    public async Task<ReadyResponse> WaitForAppHostReadyAsync(EmptyRequest? request = null, CancellationToken cancellationToken = default)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult).ConfigureAwait(false);
        await started.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new(IsReady: true);
    }

    public Task<ResourcesResponse> GetResourcesAsync(ResourcesRequest? request = null, CancellationToken cancellationToken = default)
    {
        var secrets = SecretMask.Of(notifications);
        var instances = notifications.Current().Where(instance => IsWanted(instance, request));
        return Task.FromResult(new ResourcesResponse([.. instances.Select(instance => ResourceSnapshot.From(instance, secrets))]));
    }

    public async IAsyncEnumerable<ResourceSnapshot> WatchResourcesAsync(
        ResourcesRequest? request = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var instance in notifications.WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            if (IsWanted(instance, request))
            {
                yield return ResourceSnapshot.From(instance, SecretMask.Of(notifications));
            }
        }
    }

    public IAsyncEnumerable<ConsoleLogBatch> GetConsoleLogBatchesAsync(ConsoleLogsRequest request, CancellationToken cancellationToken = default)
        => logs.ReadAsync(request, cancellationToken);

    public Task<CommandResponse> ExecuteResourceCommandAsync(CommandRequest request, CancellationToken cancellationToken = default)
        => commands.ExecuteAsync(request, cancellationToken);

    public Task<WaitResponse> WaitForResourceAsync(WaitRequest request, CancellationToken cancellationToken = default)
        => waits.WaitAsync(request, cancellationToken);

    public Task<EmptyRequest> StopAsync(EmptyRequest? request = null, CancellationToken cancellationToken = default)
    {
        lifetime.StopApplication();
        return Task.FromResult(new EmptyRequest());
    }

    /// <summary>By that name <c>aspire start</c> and <c>aspire run</c> end an AppHost of the same project that runs already.</summary>
    public Task StopAppHostAsync(CancellationToken cancellationToken = default) => StopAsync(cancellationToken: cancellationToken);

    private static bool IsWanted(ResourceEvent instance, ResourcesRequest? request)
        => request?.Filter is not { Length: > 0 } filter || instance.ResourceId.Contains(filter, StringComparison.OrdinalIgnoreCase);

    private long? Number(string name) => long.TryParse(configuration[name], CultureInfo.InvariantCulture, out var number) ? number : null;
}
