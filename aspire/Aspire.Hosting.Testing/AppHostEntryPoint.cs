using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>An AppHost's <c>Main</c>, held before it builds and again before it runs.</summary>
internal sealed class AppHostEntryPoint(Assembly assembly, string[] args) : IAppHostObserver, IAsyncDisposable
{
    private readonly TaskCompletionSource<DistributedApplicationBuilder> _building = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mayBuild = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DistributedApplication> _built = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void OnCreating(DistributedApplicationOptions options, HostApplicationBuilderSettings settings)
    {
        options.AssemblyName = assembly.GetName().Name;
        options.DisableDashboard = true;
        options.AllowUnsecuredTransport = true;
        settings.EnvironmentName ??= Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") ?? Environments.Development;
    }

    public void OnCreated(DistributedApplicationBuilder builder)
    {
        builder.Configuration["DcpPublisher:RandomizePorts"] ??= "true";
        builder.Services.AddHttpClient();
        builder.Services.AddHostedService<ResourceLogForwarder>();
    }

    public void OnBuilding(DistributedApplicationBuilder builder)
    {
        _building.TrySetResult(builder);

        // On the AppHost's own thread, which has nothing else to do.
        _mayBuild.Task.GetAwaiter().GetResult();
    }

    public void OnBuilt(DistributedApplication application) => _built.TrySetResult(application);

    public void OnDisposed() => _disposed.TrySetResult();

    public Task RunInsteadAsync() => _disposed.Task;

    /// <summary>Runs <c>Main</c> until its model is described.</summary>
    public Task<DistributedApplicationBuilder> RunToBuildAsync(CancellationToken cancellationToken)
    {
        var main = assembly.EntryPoint ?? throw new InvalidOperationException($"{assembly.GetName().Name} has no entry point: it is not an AppHost.");
        var thread = new Thread(() => Run(main)) { IsBackground = true, Name = $"{assembly.GetName().Name} entry point" };
        AppHostObservers.Current.Value = this;
        thread.Start();
        AppHostObservers.Current.Value = null;
        return _building.Task.WaitAsync(cancellationToken);
    }

    public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken)
    {
        _mayBuild.TrySetResult();
        return _built.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Stops what was built and lets <c>Main</c> end.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_built.Task.IsCompletedSuccessfully)
        {
            await (await _built.Task.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        }

        _disposed.TrySetResult();
        _mayBuild.TrySetException(new OperationCanceledException("The test disposed of its builder before it built the application."));
        await _ended.Task.ConfigureAwait(false);
    }

    private void Run(MethodInfo main)
    {
        try
        {
            main.Invoke(null, BindingFlags.DoNotWrapExceptions, null, main.GetParameters().Length == 0 ? [] : [args], null);
            Fail(new InvalidOperationException($"{assembly.GetName().Name} ended before it built an application; what it printed says why."));
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    private void Fail(Exception exception)
    {
        _building.TrySetException(exception);
        _built.TrySetException(exception);

        // Whoever waits has been told; a test that never waited for either must not fail for it.
        _ = _building.Task.Exception;
        _ = _built.Task.Exception;
    }
}
