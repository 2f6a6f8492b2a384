using Microsoft.Extensions.Hosting;

namespace FreeGpt4.ServiceDefaults.Stopping;

/// <summary>How long a stop may take.</summary>
/// <param name="Drain">How long a stopping server goes on listening.</param>
/// <param name="Requests">From the signal until requests that still run are cut, <paramref name="Drain"/> included.</param>
/// <param name="Flush">How long telemetry may take after that.</param>
internal sealed record StopTimes(TimeSpan Drain, TimeSpan Requests, TimeSpan Flush)
{
    public static StopTimes For(IHostEnvironment environment) => environment.IsDevelopment()
        ? new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(300))
        : new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1));
}
