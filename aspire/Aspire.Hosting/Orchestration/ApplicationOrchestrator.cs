using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Dcp;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>Brings the model to life through DCP when the AppHost starts, and takes it down when it stops.</summary>
internal sealed partial class ApplicationOrchestrator(
    DistributedApplicationModel model,
    BundledPrograms programs,
    DcpEnvironment dcpEnvironment,
    DashboardSettings dashboard,
    ResourceServiceHost resourceService,
    ConnectionRefuser refuser,
    EndpointAllocator endpoints,
    ResourceUrls urls,
    ResourceConfigurator configurator,
    AppHostMetadata appHost,
    IConfiguration configuration,
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
    private static readonly TimeSpan StopTimeLimitOfContainers = TimeSpan.FromSeconds(30);

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
            await StopResourcesAsync(cancellationToken).ConfigureAwait(false);
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
        var dashboardResource = AddDashboard();
        await eventing.PublishAsync(new BeforeStartEvent(services, model), cancellationToken).ConfigureAwait(false);
        endpoints.Validate(model);
        await parameters.ResolveAsync().ConfigureAwait(false);

        var containers = model.Resources.OfType<ContainerResource>().Select(container => container.Name).ToArray();
        _dcp = await StartDcpAsync(containers, cancellationToken).ConfigureAwait(false);
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
            _starting.Add(AnnounceDashboardAsync(dashboardResource, _startingCancellation.Token));
        }

        Log.Started(_logger);
    }

    /// <param name="containers">The resources for which there must be a container engine.</param>
    private async Task<DcpHost> StartDcpAsync(string[] containers, CancellationToken cancellationToken)
    {
        var options = new DcpHostOptions
        {
            DcpPath = programs.Dcp,
            Environment = dcpEnvironment.Variables,
            ContainerRuntime = configuration["DcpPublisher:ContainerRuntime"] ?? configuration["ASPIRE_CONTAINER_RUNTIME"],
        };
        if (containers.Length > 0)
        {
            // What the engine of a busy machine takes to remove the last of them and their network. Who is killed leaves them there.
            options = options with { StopTimeLimit = StopTimeLimitOfContainers };
            await DcpContainerRuntime.RequireAsync(options, containers, cancellationToken).ConfigureAwait(false);
        }

        return await DcpHost.StartAsync(options, _logger, cancellationToken).ConfigureAwait(false);
    }

    private ExecutableResource? AddDashboard()
    {
        if (!dashboard.Enabled)
        {
            return null;
        }

        var resource = DashboardResource.Create(programs.Dashboard, dashboard, resourceService.Url);
        model.Resources.Add(resource);
        return resource;
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

    /// <summary>Stops every resource after those that depend on it, so that each can still finish what it has.</summary>
    private async Task StopResourcesAsync(CancellationToken cancellationToken)
    {
        var stopping = new Dictionary<IResource, Task>();
        await Task.WhenAll(replicas.Resources.ToArray().Select(Stop)).ConfigureAwait(false);

        Task Stop(IResource resource)
        {
            if (!stopping.TryGetValue(resource, out var task))
            {
                stopping[resource] = task = StopAfterAsync(resource, [.. replicas.Resources.Where(other => DependsOn(other, resource)).Select(Stop)]);
            }

            return task;
        }

        async Task StopAfterAsync(IResource resource, Task[] dependents)
        {
            await Task.WhenAll(dependents).ConfigureAwait(false);
            await _runner!.RemoveAsync(replicas[resource].Instances, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool DependsOn(IResource resource, IResource other) => resource != other
        && (resource.Annotations.OfType<WaitAnnotation>().Any(w => w.Resource == other)

            // Telemetry written while stopping still arrives, and no exporter waits for a collector that has gone.
            || (other.Name == DashboardResource.Name && resource.HasAnnotationOfType<OtlpExporterAnnotation>()));

    private async Task AnnounceDashboardAsync(IResource resource, CancellationToken cancellationToken)
    {
        try
        {
            await dependencies.WaitUntilHealthyAsync(resource, cancellationToken).ConfigureAwait(false);
            Log.DashboardListens(_logger, dashboard.Url);
            Log.DashboardLogin(_logger, dashboard.LoginUrl);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The application stops before the dashboard came up.
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

        [LoggerMessage(2, LogLevel.Information, "Now listening on: {Url}")]
        public static partial void DashboardListens(ILogger logger, string url);

        [LoggerMessage(3, LogLevel.Information, "Login to the dashboard at {Url}")]
        public static partial void DashboardLogin(ILogger logger, string url);

        [LoggerMessage(4, LogLevel.Error, "{Resource} cannot start: {Reason}")]
        public static partial void CannotStart(ILogger logger, string resource, string reason);

        [LoggerMessage(5, LogLevel.Critical, "{Reason} The application stops.")]
        public static partial void DcpExited(ILogger logger, string reason);
    }
}
