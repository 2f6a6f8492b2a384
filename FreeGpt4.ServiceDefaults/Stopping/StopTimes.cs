using Microsoft.Extensions.Hosting;

namespace FreeGpt4.ServiceDefaults.Stopping;

/// <summary>How long a stop may take.</summary>
/// <param name="Drain">
/// How long a stopping server goes on listening. In containers that is twice as long as the edge uses a connection to a replica, so that
/// each of these sees <c>Connection: close</c> or is too old to be used when the server closes it.
/// </param>
/// <param name="Refuse">
/// How long it is there at least after that, and refuses connections. In containers its address goes with it, before the edge knows: who then still
/// connects to it waits for an answer that nobody gives, while one who was refused is sent elsewhere at once, and the edge has set this one aside.
/// </param>
/// <param name="Requests">From the signal until requests that still run are cut, <paramref name="Drain"/> included.</param>
/// <param name="Flush">How long telemetry may take after that.</param>
internal sealed record StopTimes(TimeSpan Drain, TimeSpan Refuse, TimeSpan Requests, TimeSpan Flush)
{
    public static StopTimes For(IHostEnvironment environment) => environment.IsDevelopment()
        ? new(TimeSpan.FromMilliseconds(250), TimeSpan.Zero, TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(300))
        : new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1));
}
