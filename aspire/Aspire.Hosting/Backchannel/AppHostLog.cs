using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Backchannel;

/// <summary>What the AppHost itself logs, for the CLI that has started it.</summary>
internal sealed class AppHostLog : ILoggerProvider
{
    private const int Backlog = 1_000;

    private readonly Lock _lock = new();
    private readonly Queue<AppHostLogEntry> _entries = new();
    private readonly List<Channel<AppHostLogEntry>> _readers = [];
    private bool _completed;

    public ILogger CreateLogger(string categoryName) => new Category(this, categoryName);

    /// <summary>The entries so far, then each new one, until <see cref="Complete"/>.</summary>
    public ChannelReader<AppHostLogEntry> Read()
    {
        var channel = Channel.CreateUnbounded<AppHostLogEntry>(new() { SingleReader = true });
        lock (_lock)
        {
            foreach (var entry in _entries)
            {
                channel.Writer.TryWrite(entry);
            }

            if (_completed)
            {
                channel.Writer.Complete();
            }
            else
            {
                _readers.Add(channel);
            }
        }

        return channel.Reader;
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

    public void Dispose() => Complete();

    private void Add(AppHostLogEntry entry)
    {
        lock (_lock)
        {
            _entries.Enqueue(entry);
            if (_entries.Count > Backlog)
            {
                _entries.Dequeue();
            }

            foreach (var reader in _readers)
            {
                reader.Writer.TryWrite(entry);
            }
        }
    }

    private sealed class Category(AppHostLog log, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => log.Add(new(
                eventId, logLevel, exception is null ? formatter(state, null) : $"{formatter(state, exception)}\n{exception}", DateTimeOffset.UtcNow, name));
    }
}

internal sealed record AppHostLogEntry(EventId EventId, LogLevel LogLevel, string Message, DateTimeOffset Timestamp, string CategoryName);
