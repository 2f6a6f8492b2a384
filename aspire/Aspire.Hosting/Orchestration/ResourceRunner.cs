using System.Collections.Concurrent;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dcp;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>Starts and stops resource instances through DCP and reports what becomes of them.</summary>
/// <remarks>
/// DCP would send traffic to a replica from the moment its process exists. Here a replica enters the rotation of its endpoint
/// when it is healthy and leaves it before it is told to stop, so that a start, stop or restart of one costs no request.
/// </remarks>
/// <param name="lifetime">Cancelled when nothing runs any more.</param>
internal sealed partial class ResourceRunner(
    DcpHost dcp,
    ConnectionRefuser refuser,
    EndpointAllocator endpoints,
    ResourceUrls urls,
    ResourceConfigurator configurator,
    AppHostMetadata appHost,
    ResourceNotificationService notifications,
    ResourceLoggerService logs,
    ResourceHealthMonitor health,
    ReplicaSets replicas,
    IDistributedApplicationEventing eventing,
    IServiceProvider services,
    ILogger logger,
    CancellationToken lifetime)
{
    private readonly ExecutableWorkloads _executables = new(dcp, appHost);
    private readonly ContainerWorkloads _containers = new(dcp.Client);
    private readonly EndpointRotation _rotation = new(dcp.Client, refuser);
    private readonly ProcessLogs _logs = new(logs, lifetime);
    private readonly ConcurrentDictionary<string, Running> _running = new(StringComparer.Ordinal);

    /// <summary>Makes the network of the containers, which DCP removes with them.</summary>
    public Task CreateNetworkAsync(string name, CancellationToken cancellationToken) => _containers.CreateNetworkAsync(name, cancellationToken);

    /// <summary>Starts the process of an instance, for the first time or again, unless it runs; its fate is told by notifications.</summary>
    /// <exception cref="DistributedApplicationException">It cannot be started.</exception>
    public async Task StartAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        using var alone = await instance.Lifecycle.EnterAsync(cancellationToken).ConfigureAwait(false);
        if (_running.TryGetValue(instance.Id, out var last)
            && notifications.TryGetCurrentState(instance.Id, out var shown) && ResourceNotificationService.IsTerminal(shown.Snapshot))
        {
            // The row tells of the end a moment before everything about it is done.
            await last.Ended.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        if (!IsRunning(instance))
        {
            await StartAloneAsync(instance, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes an instance out of rotation, asks its process to end, and returns when it has.</summary>
    public async Task StopAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        using var alone = await instance.Lifecycle.EnterAsync(cancellationToken).ConfigureAwait(false);
        await StopAloneAsync(instance, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops an instance and starts it again under the same name; returns when the new process has been started.</summary>
    /// <exception cref="DistributedApplicationException">It cannot be started again.</exception>
    public async Task RestartAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        using var alone = await instance.Lifecycle.EnterAsync(cancellationToken).ConfigureAwait(false);
        await _rotation.LeaveToStartAsync(instance, cancellationToken).ConfigureAwait(false);
        await StopAloneAsync(instance, cancellationToken).ConfigureAwait(false);
        await StartAloneAsync(instance, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops an instance and has DCP forget it. It cannot be started again.</summary>
    public async Task RetireAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        using var alone = await instance.Lifecycle.EnterAsync(cancellationToken).ConfigureAwait(false);
        instance.IsRetired = true;
        await StopAloneAsync(instance, cancellationToken).ConfigureAwait(false);
        await DeleteEndedAsync(instance, cancellationToken).ConfigureAwait(false);
        if (_running.TryRemove(instance.Id, out var last))
        {
            await last.Logs.WaitAsync(LogDrain, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        endpoints.ReleaseTargetPorts(instance);
    }

    public bool IsRunning(ResourceInstance instance) => _running.TryGetValue(instance.Id, out var running) && !running.Ended.Task.IsCompleted;

    /// <summary>Shows that an instance could not be started, and why.</summary>
    public async Task FailAsync(ResourceInstance instance, string reason)
    {
        _logs.Append(instance, reason, isError: true);
        await PublishAsync(instance, snapshot => InstanceSnapshots.Failed(snapshot, reason, details: null) with
        {
            State = new(KnownResourceStates.FailedToStart, KnownResourceStateStyles.Error),
            Properties = snapshot.Properties.With(KnownProperties.WaitingFor, null),
        }).ConfigureAwait(false);
        await PublishStoppedAsync(instance, lifetime).ConfigureAwait(false);
    }

    /// <summary>Stops instances for good, quicker than <see cref="StopAsync"/> because DCP forgets them; their exit codes are not learned.</summary>
    /// <param name="instances">Of one resource.</param>
    public async Task RemoveAsync(IReadOnlyCollection<ResourceInstance> instances, CancellationToken cancellationToken)
    {
        if (instances.Count == 0)
        {
            return;
        }

        foreach (var instance in instances)
        {
            if (IsRunning(instance))
            {
                await PrepareStopAsync(instance, cancellationToken).ConfigureAwait(false);
            }
        }

        await Workloads(instances.First()).RemoveAsync(instances.Select(i => i.Id).ToHashSet(StringComparer.Ordinal), cancellationToken).ConfigureAwait(false);
    }

    private async Task StartAloneAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        if (instance.IsRetired)
        {
            throw new DistributedApplicationException($"{instance.Id} is no longer one of the replicas.");
        }

        var resource = instance.Resource;
        if (await DeleteEndedAsync(instance, cancellationToken).ConfigureAwait(false))
        {
            // The first start is announced for all replicas at once, this one for itself.
            await eventing.PublishAsync(new BeforeResourceStartedEvent(resource, services), cancellationToken).ConfigureAwait(false);
        }

        await _rotation.LeaveToStartAsync(instance, cancellationToken).ConfigureAwait(false);
        endpoints.AssignTargetPorts(instance);
        var links = await urls.ForAsync(resource, cancellationToken).ConfigureAwait(false);
        var configuration = await configurator.ConfigureAsync(instance, cancellationToken).ConfigureAwait(false);
        var workloads = Workloads(instance);
        var properties = workloads.Describe(instance, configuration);
        await PublishAsync(instance, snapshot => InstanceSnapshots.Starting(
            snapshot, resource, configuration, properties.With(KnownProperties.ParentName, replicas.ParentRow(resource)), links)).ConfigureAwait(false);

        instance.StopRequested = false;
        var running = _running[instance.Id] = new Running(instance);
        try
        {
            // Once asked for it may exist, so there is no turning back.
            await workloads.CreateAsync(instance, configuration, lifetime).ConfigureAwait(false);
        }
        catch (DcpException)
        {
            _running.TryRemove(instance.Id, out _);
            throw;
        }

        running.Logs = _logs.FollowAsync(instance, workloads);
    }

    private async Task StopAloneAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        if (!_running.TryGetValue(instance.Id, out var running) || running.Ended.Task.IsCompleted)
        {
            return;
        }

        await PrepareStopAsync(instance, cancellationToken).ConfigureAwait(false);
        await Workloads(instance).StopAsync(instance, cancellationToken).ConfigureAwait(false);
        await running.Ended.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task PrepareStopAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        instance.StopRequested = true;
        health.Unwatch(instance);
        await PublishAsync(instance, InstanceSnapshots.Stopping).ConfigureAwait(false);
        await _rotation.LeaveAsync(instance, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>DCP starts nothing a second time: what runs next needs an object of its own, under the same name.</summary>
    /// <returns>Whether the instance was started before.</returns>
    private async Task<bool> DeleteEndedAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        if (!_running.TryGetValue(instance.Id, out var ended))
        {
            return false;
        }

        await Workloads(instance).DeleteAsync(instance, cancellationToken).ConfigureAwait(false);
        await ended.Deleted.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async Task PublishStoppedAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        notifications.TryGetCurrentState(instance.Id, out var resourceEvent);
        try
        {
            var stopped = new ResourceStoppedEvent(instance.Resource, services, resourceEvent!);
            await eventing.PublishAsync(stopped, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The handler is the application's own: whatever it throws, the other instances are still looked after.
            Log.HandlerFailed(logger, exception, instance.Id);
        }
    }

    private Task PublishAsync(ResourceInstance instance, Func<CustomResourceSnapshot, CustomResourceSnapshot> change)
        => notifications.PublishUpdateAsync(instance.Resource, instance.Id, change);

    private IWorkloads Workloads(ResourceInstance instance) => instance.Resource is ContainerResource ? _containers : _executables;

    private sealed class Running(ResourceInstance instance)
    {
        public ResourceInstance Instance { get; } = instance;

        public Task Logs { get; set; } = Task.CompletedTask;

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Deleted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
