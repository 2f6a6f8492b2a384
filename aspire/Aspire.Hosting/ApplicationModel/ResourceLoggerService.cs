using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <param name="LineNumber">Counts from 1 per resource instance.</param>
public readonly record struct LogLine(int LineNumber, string Content, bool IsErrorMessage);

/// <param name="At">When it was read, UTC.</param>
internal readonly record struct TimedLogLine(DateTime At, LogLine Line);

/// <summary>The console output of every resource instance, the last <see cref="Backlog"/> lines kept.</summary>
public class ResourceLoggerService : IDisposable
{
    internal const int Backlog = 10_000;

    private readonly ConcurrentDictionary<string, ResourceLog> _logs = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>A logger whose lines appear among the output of the resource.</summary>
    public ILogger GetLogger(IResource resource) => GetLogger(resource.Name);

    public ILogger GetLogger(string resourceName) => Get(resourceName);

    /// <summary>The lines so far, then each new one, until the resource's log is complete.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(string resourceName) => ReadTimedAsync(resourceName, follow: true).Select(Lines);

    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(IResource resource) => WatchAsync(resource.Name);

    /// <summary>The lines so far.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(string resourceName) => ReadTimedAsync(resourceName, follow: false).Select(Lines);

    public IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(IResource resource) => GetAllAsync(resource.Name);

    public void Complete(string name) => Get(name).Complete();

    public void Complete(IResource resource) => Complete(resource.Name);

    public void ClearBacklog(string resourceName) => Get(resourceName).Clear();

    public void Dispose()
    {
        foreach (var log in _logs.Values)
        {
            log.Complete();
        }

        GC.SuppressFinalize(this);
    }

    internal IAsyncEnumerable<IReadOnlyList<TimedLogLine>> ReadTimedAsync(string resourceName, bool follow) => Get(resourceName).ReadAsync(follow);

    internal void Append(string resourceName, string content, bool isError) => Get(resourceName).Append(content, isError);

    /// <summary>Forgets the lines of an instance that will not come back.</summary>
    internal void Remove(string resourceName)
    {
        if (_logs.TryRemove(resourceName, out var log))
        {
            log.Complete();
        }
    }

    private static IReadOnlyList<LogLine> Lines(IReadOnlyList<TimedLogLine> batch) => [.. batch.Select(timed => timed.Line)];

    private ResourceLog Get(string name) => _logs.GetOrAdd(name, _ => new ResourceLog());

    private sealed class ResourceLog : ILogger
    {
        private readonly Lock _lock = new();
        private readonly Queue<TimedLogLine> _lines = new();
        private readonly List<Channel<TimedLogLine>> _readers = [];
        private int _lineNumber;
        private bool _completed;

        public void Append(string content, bool isError)
        {
            lock (_lock)
            {
                var line = new TimedLogLine(DateTime.UtcNow, new(++_lineNumber, content, isError));
                _lines.Enqueue(line);
                if (_lines.Count > Backlog)
                {
                    _lines.Dequeue();
                }

                foreach (var reader in _readers)
                {
                    reader.Writer.TryWrite(line);
                }
            }
        }

        public void Clear()
        {
            lock (_lock)
            {
                _lines.Clear();
            }
        }

        public void Complete()
        {
            lock (_lock)
            {
                _completed = true;
                foreach (var reader in _readers)
                {
                    reader.Writer.TryComplete();
                }
            }
        }

        public async IAsyncEnumerable<IReadOnlyList<TimedLogLine>> ReadAsync(bool follow, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            var channel = Channel.CreateUnbounded<TimedLogLine>(new() { SingleReader = true });
            lock (_lock)
            {
                foreach (var line in _lines)
                {
                    channel.Writer.TryWrite(line);
                }

                if (!follow || _completed)
                {
                    channel.Writer.Complete();
                }
                else
                {
                    _readers.Add(channel);
                }
            }

            try
            {
                while (await channel.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    var batch = new List<TimedLogLine>();
                    while (channel.Reader.TryRead(out var line))
                    {
                        batch.Add(line);
                    }

                    yield return batch;
                }
            }
            finally
            {
                lock (_lock)
                {
                    _readers.Remove(channel);
                }
            }
        }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => Append(exception is null ? formatter(state, null) : $"{formatter(state, exception)}\n{exception}", logLevel >= LogLevel.Error);
    }
}
