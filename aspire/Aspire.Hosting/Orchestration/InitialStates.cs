using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>Shows every resource before anything is done with it, and lets those begin that the application runs itself.</summary>
internal sealed partial class InitialStates(
    DistributedApplicationModel model,
    ReplicaSets replicas,
    ResourceNotificationService notifications,
    ResourceLoggerService logs,
    IDistributedApplicationEventing eventing,
    IServiceProvider services,
    ILogger<InitialStates> logger)
{
    public async Task PublishAsync()
    {
        foreach (var resource in model.Resources.Where(resource => resource.HasAnnotationOfType<ResourceSnapshotAnnotation>() && !replicas.Has(resource)))
        {
            await notifications.PublishUpdateAsync(resource, snapshot => WithParent(resource, snapshot)).ConfigureAwait(false);
        }

        foreach (var instance in replicas.All)
        {
            var state = instance.Resource.HasAnnotationOfType<ExplicitStartupAnnotation>() ? KnownResourceStates.NotStarted : KnownResourceStates.Starting;
            await notifications.PublishUpdateAsync(
                instance.Resource, instance.Id, snapshot => WithParent(instance.Resource, snapshot) with { State = state }).ConfigureAwait(false);
        }
    }

    public async Task InitializeAsync(IResource resource, CancellationToken cancellationToken)
    {
        try
        {
            var initialize = new InitializeResourceEvent(resource, eventing, logs, notifications, services);
            await eventing.PublishAsync(initialize, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The application stops.
        }
#pragma warning disable CA1031 // The handler is the application's own: whatever it throws, everything else starts.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.NotInitialized(logger, exception, resource.Name);
        }
    }

    private CustomResourceSnapshot WithParent(IResource resource, CustomResourceSnapshot snapshot)
        => snapshot with { Properties = snapshot.Properties.With(KnownProperties.ParentName, replicas.ParentRow(resource)) };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A handler of the initialization of {Resource} failed.")]
        public static partial void NotInitialized(ILogger logger, Exception exception, string resource);
    }
}
