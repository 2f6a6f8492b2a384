using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dcp;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>Brings the model to life through DCP when the AppHost starts, and takes it down when it stops.</summary>
internal sealed partial class ApplicationOrchestrator(
    DistributedApplicationModel model,
    DcpStart dcp,
    DashboardStart dashboard,
    ConnectionRefuser refuser,
    EndpointAllocator endpoints,
    ResourceUrls urls,
    ResourceConfigurator configurator,
    AppHostMetadata appHost,
    IHostEnvironment environment,
    ResourceHealthMonitor health,
    ReplicaSets replicas,
    DependencyWaiter dependencies,
    ResourceScaler scaler,
    ParameterValues parameters,
    InitialStates initialStates,
    ResourceNotificationService notifications,
    ResourceLoggerService logs,
    IDistributedApplicationEventing eventing,
    IHostApplicationLifetime lifetime,
    IServiceProvider services,
    ILoggerFactory loggerFactory) : IHostedService, IDisposable
{
    private readonly ILogger _logger = loggerFactory.CreateLogger("Aspire.Hosting.DistributedApplication");
    private readonly List<Task> _starting = [];
    private readonly CancellationTokenSource _startingCancellation = new();
    private readonly CancellationTokenSource _watchingCancellation = new();
    private Task _watching = Task.CompletedTask;
    private DcpHost? _dcp;
    private ResourceRunner? _runner;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await StartResourcesAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // The host stops only what has started.
            await StopAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_dcp is null)
        {
            return;
        }

        await _startingCancellation.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_starting).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (!_dcp.Exited.IsCompleted)
        {
            await StopOrder.StopAsync([.. replicas.Resources], resource => _runner!.RemoveAsync(replicas[resource].Instances, cancellationToken)).ConfigureAwait(false);
        }

        await _watchingCancellation.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _dcp.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _startingCancellation.Dispose();
        _watchingCancellation.Dispose();
    }

    /// <summary>Starts an instance that has ended or could not start; one that waits for others, with its replicas, waits no longer.</summary>
    /// <exception cref="DistributedApplicationException">It cannot be started.</exception>
    public async Task StartInstanceAsync(string id)
    {
        var instance = Instance(id);
        if (dependencies.TryEndWait(instance.Resource))
        {
            return;
        }

        if (notifications.TryGetCurrentState(id, out var known) && known.Snapshot.State?.Text == KnownResourceStates.NotStarted)
        {
            // Its first start, which waits for others like that of any resource; nobody waits for that wait.
            await notifications.PublishUpdateAsync(instance.Resource, id, snapshot => snapshot with { State = KnownResourceStates.Starting }).ConfigureAwait(false);
            _ = StartInstancesAsync(instance.Resource, [instance], _startingCancellation.Token);
            return;
        }

        await OperateAsync(instance, _runner!.StartAsync).ConfigureAwait(false);
    }

    /// <summary>Stops an instance; returns when its process has ended.</summary>
    public Task StopInstanceAsync(string id) => _runner!.StopAsync(Instance(id), _startingCancellation.Token);

    /// <summary>Stops an instance, then starts it.</summary>
    /// <exception cref="DistributedApplicationException">It cannot be started.</exception>
    public Task RestartInstanceAsync(string id) => OperateAsync(Instance(id), _runner!.RestartAsync);

    /// <summary>Gives a resource more replicas or fewer.</summary>
    /// <exception cref="DistributedApplicationException">It does not run.</exception>
    public Task ScaleAsync(ReplicaSet set, int count) => scaler.ScaleAsync(set, count, _runner!, _startingCancellation.Token);

    private ResourceInstance Instance(string id) => replicas.All.FirstOrDefault(i => i.Id == id)
        ?? throw new DistributedApplicationException($"There is no instance '{id}'.");

    private async Task StartResourcesAsync(CancellationToken cancellationToken)
    {
        var dashboardResource = dashboard.AddTo(model);
        await eventing.PublishAsync(new BeforeStartEvent(services, model), cancellationToken).ConfigureAwait(false);
        endpoints.Validate(model);
        await parameters.ResolveAsync().ConfigureAwait(false);

        var containers = model.Resources.OfType<ContainerResource>().Select(container => container.Name).ToArray();
        _dcp = await dcp.StartAsync(containers, _logger, cancellationToken).ConfigureAwait(false);
        _ = StopWhenDcpExitsAsync(_dcp);
        _runner = new ResourceRunner(
            _dcp, refuser, endpoints, urls, configurator, appHost, notifications, logs, health, replicas, eventing, services, _logger, _watchingCancellation.Token);
        _watching = _runner.WatchAsync();
        if (containers.Length > 0)
        {
            await _runner.CreateNetworkAsync($"aspire-{environment.ApplicationName}-{Guid.NewGuid():N}", cancellationToken).ConfigureAwait(false);
        }

        await endpoints.AllocateAsync(model, _dcp.Client, cancellationToken).ConfigureAwait(false);
        foreach (var resource in model.Resources.OfType<IResourceWithEndpoints>())
        {
            await eventing.PublishAsync(new ResourceEndpointsAllocatedEvent(resource, services), cancellationToken).ConfigureAwait(false);
        }

        foreach (var resource in model.Resources.Where(r => r is ProjectResource or ExecutableResource or ContainerResource))
        {
            replicas.Add(resource);
            if (resource != dashboardResource)
            {
                LifecycleCommands.AddTo(resource);
            }

            if (ScaleCommand.CanBeGivenTo(resource))
            {
                ScaleCommand.AddTo(replicas[resource]);
            }
        }

        await initialStates.PublishAsync().ConfigureAwait(false);
        _starting.AddRange(model.Resources.Select(resource => initialStates.InitializeAsync(resource, _startingCancellation.Token)));
        foreach (var resource in replicas.Resources)
        {
            if (!resource.HasAnnotationOfType<ExplicitStartupAnnotation>())
            {
                _starting.Add(StartResourceAsync(resource, _startingCancellation.Token));
            }

            _starting.Add(PublishReadyAsync(resource, _startingCancellation.Token));
        }

        await eventing.PublishAsync(new AfterResourcesCreatedEvent(services, model), cancellationToken).ConfigureAwait(false);
        if (dashboardResource is not null)
        {
            _starting.Add(dashboard.AnnounceAsync(dashboardResource, _logger, _startingCancellation.Token));
        }

        Log.Started(_logger);
    }

    private Task StartResourceAsync(IResource resource, CancellationToken cancellationToken)
        => StartInstancesAsync(resource, replicas[resource].Instances, cancellationToken);

    /// <param name="instances">Those that start together, for the first time.</param>
    private async Task StartInstancesAsync(IResource resource, IReadOnlyList<ResourceInstance> instances, CancellationToken cancellationToken)
    {
        try
        {
            await dependencies.WaitForDependenciesAsync(instances, cancellationToken).ConfigureAwait(false);
            await eventing.PublishAsync(new BeforeResourceStartedEvent(resource, services), cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The application stops before this resource came up.
            return;
        }
        catch (DistributedApplicationException exception)
        {
            Log.CannotStart(_logger, resource.Name, exception.Message);
            await Task.WhenAll(instances.Select(instance => _runner!.FailAsync(instance, exception.Message))).ConfigureAwait(false);
            return;
        }

        foreach (var instance in instances)
        {
            try
            {
                await OperateAsync(instance, _runner!.StartAsync).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is DistributedApplicationException or DcpException)
            {
                Log.CannotStart(_logger, instance.Id, exception.Message);
            }
        }
    }

    private async Task OperateAsync(ResourceInstance instance, Func<ResourceInstance, CancellationToken, Task> operation)
    {
        try
        {
            await operation(instance, _startingCancellation.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is DistributedApplicationException or DcpException)
        {
            await _runner!.FailAsync(instance, exception.Message).ConfigureAwait(false);
            throw;
        }
    }

    private async Task PublishReadyAsync(IResource resource, CancellationToken cancellationToken)
    {
        try
        {
            await dependencies.WaitUntilHealthyAsync(resource, cancellationToken).ConfigureAwait(false);
            await eventing.PublishAsync(new ResourceReadyEvent(resource, services), cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The application stops before this resource was ready.
        }
    }

    private async Task StopWhenDcpExitsAsync(DcpHost dcp)
    {
        await ((Task)dcp.Exited).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (dcp.Exited.IsCompletedSuccessfully && !lifetime.ApplicationStopping.IsCancellationRequested)
        {
            Log.DcpExited(_logger, await dcp.Exited.ConfigureAwait(false));
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Distributed application started. Press Ctrl+C to shut down.")]
        public static partial void Started(ILogger logger);

        [LoggerMessage(4, LogLevel.Error, "{Resource} cannot start: {Reason}")]
        public static partial void CannotStart(ILogger logger, string resource, string reason);

        [LoggerMessage(5, LogLevel.Critical, "{Reason} The application stops.")]
        public static partial void DcpExited(ILogger logger, string reason);
    }
}
