using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Sinks.Async;

namespace FreeGpt4.ServiceDefaults.LogFiles;

/// <summary>A log of one line for each entry, such as an access log. Entries are turned into text off the caller's way.</summary>
public sealed class LineLog<TEntry> : IDisposable
{
    private readonly Logger _writer;
    private readonly Queue _queue = new();

    /// <param name="write">Writes an entry without the end of the line. It is never called twice at once.</param>
    public LineLog(LogFile file, Action<TEntry, TextWriter> write)
    {
        file.ThrowIfNotWritable();
        _writer = file.ToWriter(new EntryFormatter(write), _queue).CreateLogger();
    }

    /// <summary>How many entries were lost, because they came faster than the disk took them.</summary>
    public long Dropped => _queue.Inspector?.DroppedMessagesCount ?? 0;

    public void Add(TEntry entry) => _writer.Write(new LogEvent(
        DateTimeOffset.MinValue, LogEventLevel.Information, exception: null, MessageTemplate.Empty,
        [new LogEventProperty(nameof(entry), new ScalarValue(entry))]));

    /// <summary>Returns when all entries are written.</summary>
    public void Dispose() => _writer.Dispose();

    private sealed class EntryFormatter(Action<TEntry, TextWriter> write) : ITextFormatter
    {
        public void Format(LogEvent logEvent, TextWriter output)
        {
            write((TEntry)((ScalarValue)logEvent.Properties.Values.Single()).Value!, output);
            output.Write('\n');
        }
    }

    private sealed class Queue : IAsyncLogEventSinkMonitor
    {
        public IAsyncLogEventSinkInspector? Inspector { get; private set; }

        public void StartMonitoring(IAsyncLogEventSinkInspector inspector) => Inspector = inspector;

        public void StopMonitoring(IAsyncLogEventSinkInspector inspector)
        {
        }
    }
}
