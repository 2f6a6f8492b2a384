using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Backchannel;
using Aspire.Hosting.Pipelines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>An application made of resources, started and stopped as one.</summary>
public class DistributedApplication : IHost, IAsyncDisposable
{
    private readonly IHost _host;
    private readonly IAppHostObserver? _observer;
    private bool _running;

    public DistributedApplication(IHost host) : this(host, observer: null)
    {
    }

    internal DistributedApplication(IHost host, IAppHostObserver? observer)
    {
        _host = host;
        _observer = observer;
    }

    public IServiceProvider Services => _host.Services;

    public ResourceNotificationService ResourceNotifications => Services.GetRequiredService<ResourceNotificationService>();

    public ResourceCommandService ResourceCommands => Services.GetRequiredService<ResourceCommandService>();

    public static IDistributedApplicationBuilder CreateBuilder() => CreateBuilder([]);

    public static IDistributedApplicationBuilder CreateBuilder(string[] args) => new DistributedApplicationBuilder(args);

    public static IDistributedApplicationBuilder CreateBuilder(DistributedApplicationOptions options) => new DistributedApplicationBuilder(options);

    /// <summary>Starts the application; returns when its resources have been started or wait for others.</summary>
    /// <exception cref="DistributedApplicationException">The application cannot run.</exception>
    public virtual Task StartAsync(CancellationToken cancellationToken = default)
    {
        _running = true;
        return _host.StartAsync(cancellationToken);
    }

    /// <summary>Stops every resource; returns when no process and no port is left.</summary>
    public virtual Task StopAsync(CancellationToken cancellationToken = default)
    {
        _running = false;
        return _host.StopAsync(cancellationToken);
    }

    /// <summary>Runs until Ctrl+C, SIGTERM or <see cref="IHostApplicationLifetime.StopApplication"/>; publishes instead where that was asked for.</summary>
    public virtual async Task RunAsync(CancellationToken cancellationToken = default)
    {
        if (_observer is not null)
        {
            await _observer.RunInsteadAsync().ConfigureAwait(false);
            return;
        }

        var stopping = Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        try
        {
            if (Services.GetService<PipelineRunner>() is { } pipeline)
            {
                await PublishAsync(pipeline, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await _host.RunAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Told to stop before it had started.
        }
        catch (DistributedApplicationException exception)
        {
            // The message is written for the person at the terminal; a stack trace would only hide it.
            await Console.Error.WriteLineAsync($"error: {exception.Message}").ConfigureAwait(false);
            Environment.ExitCode = 1;
        }
    }

    private async Task PublishAsync(PipelineRunner pipeline, CancellationToken cancellationToken)
    {
        var stopping = Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        var cli = Services.GetRequiredService<BackchannelService>();
        await _host.StartAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
            if (!cli.IsExpected)
            {
                await pipeline.RunAsync(either.Token).ConfigureAwait(false);
            }
            else if (await cli.WaitForOrderAsync(either.Token).ConfigureAwait(false))
            {
                await PublishForCliAsync(pipeline, cli, either.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            await _host.StopAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static async Task PublishForCliAsync(PipelineRunner pipeline, BackchannelService cli, CancellationToken cancellationToken)
    {
        try
        {
            await pipeline.RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The CLI is told, shows it and ends with its own exit code for it, unless the AppHost has one other than 0.
            await Console.Error.WriteLineAsync($"error: {exception.Message}").ConfigureAwait(false);
        }

        await cli.WaitForStopAsync().ConfigureAwait(false);
    }

    public void Run() => RunAsync().GetAwaiter().GetResult();

    public virtual void Dispose()
    {
        DisposeAsync().AsTask().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    /// <summary>Stops what runs, then releases it.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        if (_running)
        {
            await StopAsync().ConfigureAwait(false);
        }

        if (_host is IAsyncDisposable asyncDisposable)
        {
            await asyncDisposable.DisposeAsync().ConfigureAwait(false);
        }
        else
        {
            _host.Dispose();
        }

        _observer?.OnDisposed();
        GC.SuppressFinalize(this);
    }
}
