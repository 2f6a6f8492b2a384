using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Net.Http.Headers;

namespace FreeGpt4.ServiceDefaults.Stopping;

/// <summary>
/// When the service is told to stop, it goes on listening for a moment and answers with <c>Connection: close</c>, so that clients which
/// keep connections leave by themselves. Closing a kept connection under a client that is just sending on it would fail that request.
/// It also says that it is not ready, so that whoever asks sends no more.
/// A service that no socket has reached yet, or that is tested in memory, has no such client and stops at once.
/// </summary>
internal sealed class Drain(StopTimes times, ListenSockets sockets, TimeProvider time) : IHostedLifecycleService, IStartupFilter, IHealthCheck
{
    private volatile bool _hasServed;
    private volatile bool _draining;

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((context, following) =>
        {
            if (!_hasServed && context.Features.Get<IConnectionSocketFeature>() is not null)
            {
                _hasServed = true;
            }

            if (HttpProtocol.IsHttp11(context.Request.Protocol))
            {
                context.Response.OnStarting(CloseWhenDraining, context.Response);
            }

            return following(context);
        });
        next(app);
    };

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        => Task.FromResult(_draining ? HealthCheckResult.Unhealthy("The service is stopping.") : HealthCheckResult.Healthy());

    // Runs before any hosted service is stopped, the server included.
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _draining = true;
        if (_hasServed)
        {
            var refused = Task.Delay(times.Drain + times.Refuse, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

            // At the time limit of the whole stop the server has to be stopped all the same.
            await Task.Delay(times.Drain, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await sockets.CloseAsync(cancellationToken);
            await refused;
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private Task CloseWhenDraining(object state)
    {
        if (_draining)
        {
            ((HttpResponse)state).Headers[HeaderNames.Connection] = "close";
        }

        return Task.CompletedTask;
    }
}
