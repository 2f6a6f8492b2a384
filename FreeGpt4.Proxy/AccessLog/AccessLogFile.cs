using FreeGpt4.Proxy.Metrics;
using FreeGpt4.ServiceDefaults.LogFiles;

namespace FreeGpt4.Proxy.AccessLog;

/// <summary>The access log, when one is written.</summary>
internal sealed class AccessLogFile : IDisposable
{
    public AccessLogFile(LogFile? file, EdgeMetrics metrics)
    {
        if (file is not null)
        {
            var lines = new LineLog<AccessLogEntry>(file, (entry, output) => entry.WriteTo(output));
            metrics.ObserveDroppedLines(() => lines.Dropped);
            Lines = lines;
        }
    }

    public LineLog<AccessLogEntry>? Lines { get; }

    public void Dispose() => Lines?.Dispose();
}
