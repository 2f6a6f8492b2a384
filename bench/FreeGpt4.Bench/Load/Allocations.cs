using System.Diagnostics.Tracing;
using FreeGpt4.Bench.Targets;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Parsers;

namespace FreeGpt4.Bench.Load;

/// <summary>What a .NET server allocates for a request, told by its runtime's events.</summary>
internal static class Allocations
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);

    /// <summary>Bytes for each request of a closed loop. The runtime tells of every 100 KB or so, so that little is not told exactly.</summary>
    /// <param name="server">The one of the target's servers that is asked.</param>
    public static async Task<double> MeasureAsync(Target target, ServerProcess server, int clients, CancellationToken cancellationToken)
    {
        var diagnostics = new DiagnosticsClient(server.Id);
        using var session = diagnostics.StartEventPipeSession(
            new EventPipeProvider(ClrTraceEventParser.ProviderName, EventLevel.Verbose, (long)ClrTraceEventParser.Keywords.GC), requestRundown: false);
        var bytes = 0L;
        using var events = new EventPipeEventSource(session.EventStream);
        events.Clr.GCAllocationTick += tick => bytes += tick.AllocationAmount64;
        var reading = Task.Run(events.Process, cancellationToken);

        var (count, _) = await ClosedLoop.RunAsync(target, clients, Duration, cancellationToken);

        await session.StopAsync(cancellationToken);
        await reading;
        return (double)bytes / count;
    }
}
