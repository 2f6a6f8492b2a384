using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Backchannel;
using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Dcp;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Orchestration;
using Aspire.Hosting.Pipelines;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

/// <inheritdoc cref="IDistributedApplicationBuilder"/>
public class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    private readonly HostApplicationBuilder _host;
    private readonly IAppHostObserver? _observer;

    public DistributedApplicationBuilder(string[] args) : this(new DistributedApplicationOptions { Args = args })
    {
    }

    public DistributedApplicationBuilder(DistributedApplicationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);

        var settings = new HostApplicationBuilderSettings { Args = options.Args };
        _observer = AppHostObservers.Current.Value;
        _observer?.OnCreating(options, settings);

        AppHostAssembly = options.AssemblyName is { } name ? Assembly.Load(name) : Assembly.GetEntryAssembly();
        var metadata = new AppHostMetadata(AppHostAssembly);
        AppHostDirectory = options.ProjectDirectory ?? metadata["apphostprojectpath"] ?? Directory.GetCurrentDirectory();

        settings.ContentRootPath = AppHostDirectory;
        settings.ApplicationName = AppHostAssembly?.GetName().Name;
        _host = new HostApplicationBuilder(settings);
        ExecutionContext = new DistributedApplicationExecutionContext(PublishingArguments.Read(_host.Configuration, options.Args));

        // What the host says of itself ("Application started", "Content root path") is about the AppHost, which nobody asked for.
        _host.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        // A start that fails is told by the exception itself, in one line.
        _host.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        _host.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        _host.Logging.AddFilter("System.Net.Http", LogLevel.Warning);
        // The health of a resource is told by its row, and by what waits for it.
        _host.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        _host.Logging.AddFilter("Grpc", LogLevel.Warning);
        _host.Logging.AddSimpleConsole(console => console.SingleLine = false);

        Services.AddSingleton(ExecutionContext);
        Services.AddSingleton<IDistributedApplicationEventing>(Eventing);
        Services.AddSingleton(_ => new DistributedApplicationModel(Resources));
        Services.AddSingleton(services => new ResourceNotificationService(services.GetRequiredService<IHostApplicationLifetime>(), services));
        Services.AddSingleton<ResourceLoggerService>();
        Services.AddSingleton(services => new ResourceCommandService(
            services.GetRequiredService<ResourceNotificationService>(), services.GetRequiredService<ResourceLoggerService>(), services));
        Services.AddHealthChecks();
        Services.AddSingleton(options);
        Services.AddSingleton(metadata);
        if (_observer is null)
        {
            AddBackchannels();
        }

        if (ExecutionContext.IsPublishMode)
        {
            AddPublishing();
        }
        else
        {
            AddOrchestration();
        }

        // Replicas get up to 2 s to finish what they have, in order of dependency, before DCP itself is asked to go.
        Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(30));
        _observer?.OnCreated(this);
    }

    public ConfigurationManager Configuration => _host.Configuration;

    public string AppHostDirectory { get; }

    public Assembly? AppHostAssembly { get; }

    public IHostEnvironment Environment => _host.Environment;

    public IServiceCollection Services => _host.Services;

    public IDistributedApplicationEventing Eventing { get; } = new DistributedApplicationEventing();

    public DistributedApplicationExecutionContext ExecutionContext { get; }

    public IResourceCollection Resources { get; } = new ResourceCollection();

    public IDistributedApplicationPipeline Pipeline { get; } = new DistributedApplicationPipeline();

    public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource
    {
        ArgumentNullException.ThrowIfNull(resource);
        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource
    {
        ArgumentNullException.ThrowIfNull(resource);
        return new ResourceBuilder<T>(this, resource);
    }

    public DistributedApplication Build()
    {
        _observer?.OnBuilding(this);
        var application = new DistributedApplication(_host.Build(), _observer);
        _observer?.OnBuilt(application);
        return application;
    }

    /// <summary>What the CLI talks to. Started first and stopped last, so that it hears of everything.</summary>
    private void AddBackchannels()
    {
        Services.AddSingleton<AppHostLog>();
        Services.AddSingleton<AppHostRpcTarget>();
        Services.AddSingleton<BackchannelService>();
        Services.AddHostedService(services => services.GetRequiredService<BackchannelService>());
        Services.AddHostedService<CliOrphanDetector>();
        if (Configuration[CliSettings.BackchannelPath] is { Length: > 0 })
        {
            Services.AddSingleton<ILoggerProvider>(services => services.GetRequiredService<AppHostLog>());
        }

        if (ExecutionContext.IsRunMode)
        {
            Services.AddSingleton<AppHostIdentity>();
            Services.AddSingleton<DashboardLinks>();
            Services.AddSingleton<ConsoleLogs>();
            Services.AddSingleton<ResourceWaits>();
            Services.AddSingleton<ReplicaCommands>();
            Services.AddSingleton<AuxiliaryBackchannelRpcTarget>();
            Services.AddHostedService<AuxiliaryBackchannelService>();
        }
    }

    private void AddOrchestration()
    {
        Services.AddSingleton<BundledPrograms>();
        Services.AddSingleton(_ => new DcpEnvironment(ChildEnvironment.OfThisProcess()));
        Services.AddSingleton<DashboardSettings>();
        Services.AddSingleton<LoopbackPorts>();
        Services.AddSingleton<ConnectionRefuser>();
        Services.AddSingleton<EndpointAllocator>();
        Services.AddSingleton<ResourceUrls>();
        Services.AddSingleton<ResourceConfigurator>();
        Services.AddSingleton<ResourceHealthMonitor>();
        Services.AddSingleton<ReplicaSets>();
        Services.AddSingleton<DependencyWaiter>();
        Services.AddSingleton<ResourceScaler>();
        Services.AddSingleton<ParameterValues>();
        Services.AddSingleton<InitialStates>();
        Services.AddSingleton<ResourceServiceHost>();
        Services.AddSingleton<DcpStart>();
        Services.AddSingleton<DashboardStart>();
        Services.AddHostedService(services => services.GetRequiredService<ResourceServiceHost>());
        Services.AddSingleton<ApplicationOrchestrator>();
        Services.AddHostedService(services => services.GetRequiredService<ApplicationOrchestrator>());
    }

    private void AddPublishing()
    {
        Services.Configure<PipelineOptions>(Configuration.GetSection("Pipeline"));
        Services.AddSingleton(new AppHostFolder(AppHostDirectory));
        Services.AddSingleton<IPipelineOutputService, PipelineOutputService>();
        Services.AddSingleton(Pipeline);
        Services.AddSingleton<PipelineActivityReporter>();
        Services.AddSingleton<PipelineRunner>();
    }
}
