using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;
using ILogger = Microsoft.Extensions.Logging.ILogger;

namespace FreeGpt4.ServiceDefaults.LogFiles;

/// <summary>
/// Write to a file. Of what scopes say only ids are taken, and none in the place of what the message itself says: the path of a request, which
/// the framework puts around everything, may have anything in it.
/// </summary>
public sealed class FileLoggers : ILoggerProvider, ISupportExternalScope
{
    private static readonly HashSet<string> Ids = ["RequestId", "ConnectionId", "TraceId", "SpanId", "ParentId"];

    private readonly SerilogLoggerProvider _serilog;
    private IExternalScopeProvider? _scopes;

    internal FileLoggers(LoggerConfiguration writer) =>
        _serilog = new(writer.Enrich.With(new IdsOfScopes(this)).CreateLogger(), dispose: true);

    public ILogger CreateLogger(string categoryName) => _serilog.CreateLogger(categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Dispose() => _serilog.Dispose();

    private sealed class IdsOfScopes(FileLoggers loggers) : ILogEventEnricher
    {
        public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory) => loggers._scopes?.ForEachScope(
            (scope, entry) =>
            {
                foreach (var (name, value) in scope as IEnumerable<KeyValuePair<string, object?>> ?? [])
                {
                    if (Ids.Contains(name))
                    {
                        entry.AddPropertyIfAbsent(propertyFactory.CreateProperty(name, value));
                    }
                }
            },
            logEvent);
    }
}
