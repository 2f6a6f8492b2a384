using FreeGpt4.ServiceDefaults.Stopping;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace FreeGpt4.ServiceDefaults.Telemetry;

/// <summary>
/// Sends what telemetry is left, all three signals at once and within <see cref="StopTimes.Flush"/>. The providers by themselves wait
/// up to 5 s each, one after the other, for a collector that is gone; a second shutdown returns at once, so this one has to come first.
/// </summary>
/// <remarks>
/// The container disposes in reverse order of creation, so this is disposed before the providers it is given. It is a hosted service
/// only to be created at all.
/// </remarks>
internal sealed class TelemetryShutdown(TracerProvider traces, MeterProvider metrics, LoggerProvider logs, StopTimes times)
    : IHostedService, IDisposable
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        var limit = (int)times.Flush.TotalMilliseconds;
        Task.WaitAll(
            OnItsOwnThread(() => traces.Shutdown(limit)),
            OnItsOwnThread(() => metrics.Shutdown(limit)),
            OnItsOwnThread(() => logs.Shutdown(limit)));
    }

    // Each of these blocks. On the thread pool of a small machine the third would wait for the first.
    private static Task OnItsOwnThread(Action shutdown)
        => Task.Factory.StartNew(shutdown, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
