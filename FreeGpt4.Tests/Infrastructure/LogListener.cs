using Microsoft.Extensions.Logging;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>Hands every line that is logged, with its exception, to the test.</summary>
internal sealed class LogListener(Action<string> onLog) : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        => onLog($"{formatter(state, exception)}{exception}");

    public void Dispose()
    {
    }
}
