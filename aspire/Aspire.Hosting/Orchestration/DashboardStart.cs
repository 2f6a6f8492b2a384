using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>Puts the dashboard among the resources, where it is wanted, and says where it is when it can be used.</summary>
internal sealed partial class DashboardStart(
    BundledPrograms programs, DashboardSettings settings, ResourceServiceHost resourceService, DependencyWaiter dependencies)
{
    /// <returns>Null where it is not wanted.</returns>
    public ExecutableResource? AddTo(DistributedApplicationModel model)
    {
        if (!settings.Enabled)
        {
            return null;
        }

        var resource = DashboardResource.Create(programs.Dashboard, settings, resourceService.Url);
        model.Resources.Add(resource);
        return resource;
    }

    /// <summary>Waits until it can be used, or the application stops.</summary>
    public async Task AnnounceAsync(ExecutableResource resource, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            await dependencies.WaitUntilHealthyAsync(resource, cancellationToken).ConfigureAwait(false);
            Log.Listens(logger, settings.Url);
            Log.Login(logger, settings.LoginUrl);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The application stops before the dashboard came up.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2, LogLevel.Information, "Now listening on: {Url}")]
        public static partial void Listens(ILogger logger, string url);

        [LoggerMessage(3, LogLevel.Information, "Login to the dashboard at {Url}")]
        public static partial void Login(ILogger logger, string url);
    }
}
