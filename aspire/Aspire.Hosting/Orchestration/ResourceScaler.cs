using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Orchestration;

/// <summary>Gives a resource that runs more replicas or fewer, without the loss of a request.</summary>
internal sealed class ResourceScaler(
    ResourceNotificationService notifications, ResourceLoggerService logs, IDistributedApplicationEventing eventing, IServiceProvider services)
{
    /// <summary>
    /// Returns when the replicas that are new have been started, or those that are too many are gone: first the ones that are not healthy,
    /// then the youngest.
    /// </summary>
    /// <exception cref="DistributedApplicationException">Nothing of the resource runs.</exception>
    public async Task ScaleAsync(ReplicaSet replicas, int count, ResourceRunner runner, CancellationToken cancellationToken)
    {
        using var alone = await replicas.Scaling.EnterAsync(cancellationToken).ConfigureAwait(false);
        if (!replicas.Instances.Any(runner.IsRunning))
        {
            throw new DistributedApplicationException($"'{replicas.Resource.Name}' does not run: start it before you scale it.");
        }

        if (count > replicas.Instances.Length)
        {
            await GrowAsync(replicas, count, runner, cancellationToken).ConfigureAwait(false);
        }

        var surplus = replicas.Instances.OrderByDescending(IsHealthy).ThenBy(instance => instance.Index).Skip(count);
        await Task.WhenAll(surplus.Select(instance => RetireAsync(replicas, instance, runner, cancellationToken))).ConfigureAwait(false);
        await notifications.RefreshCommandsAsync(replicas.Resource).ConfigureAwait(false);
    }

    private async Task GrowAsync(ReplicaSet replicas, int count, ResourceRunner runner, CancellationToken cancellationToken)
    {
        await eventing.PublishAsync(new BeforeResourceStartedEvent(replicas.Resource, services), cancellationToken).ConfigureAwait(false);
        while (replicas.Instances.Length < count)
        {
            var instance = replicas.Add();
            try
            {
                await runner.StartAsync(instance, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is DistributedApplicationException or Dcp.DcpException)
            {
                await runner.FailAsync(instance, exception.Message).ConfigureAwait(false);
                throw;
            }
        }
    }

    private async Task RetireAsync(ReplicaSet replicas, ResourceInstance instance, ResourceRunner runner, CancellationToken cancellationToken)
    {
        await runner.RetireAsync(instance, cancellationToken).ConfigureAwait(false);
        replicas.Remove(instance);
        await notifications.RemoveAsync(instance.Resource, instance.Id).ConfigureAwait(false);
        logs.Remove(instance.Id);
    }

    private bool IsHealthy(ResourceInstance instance)
        => notifications.TryGetCurrentState(instance.Id, out var known) && known.Snapshot.HealthStatus == HealthStatus.Healthy;
}
