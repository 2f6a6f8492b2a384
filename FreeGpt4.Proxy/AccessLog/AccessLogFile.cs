using FreeGpt4.ServiceDefaults.LogFiles;

namespace FreeGpt4.Proxy.AccessLog;

/// <summary>The access log, when one is written.</summary>
internal sealed class AccessLogFile(LogFile? file) : IDisposable
{
    public LineLog<AccessLogEntry>? Lines { get; } =
        file is null ? null : new LineLog<AccessLogEntry>(file, (entry, output) => entry.WriteTo(output));

    public void Dispose() => Lines?.Dispose();
}
