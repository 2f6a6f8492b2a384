using FreeGpt4.Proxy.Metrics;
using FreeGpt4.Proxy.RequestIds;
using FreeGpt4.ServiceDefaults.Settings;
using FreeGpt4.ServiceDefaults.LogFiles;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace FreeGpt4.Proxy.AccessLog;

internal static class AccessLogExtensions
{
    // The client left before there was an answer. nginx's number.
    private const int ClientClosedRequest = 499;

    /// <summary>With <c>LOG_DIR</c>: access.log with a line for each request, and error.log with the edge's own warnings.</summary>
    public static void AddLogFiles(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(services =>
            new AccessLogFile(FileOf(services, "access.log"), services.GetRequiredService<EdgeMetrics>()));
        builder.Logging.AddLogFile(services => FileOf(services, "error.log"));
        builder.Logging.AddFilter<FileLoggers>(category: null, LogLevel.Warning);
    }

    /// <summary>Notes every request but probes, when it has ended. Queries are left out: they can hold prompts and tokens.</summary>
    public static void UseAccessLog(this WebApplication app)
    {
        if (app.Services.GetRequiredService<AccessLogFile>().Lines is not { } log)
        {
            return;
        }

        var time = app.Services.GetRequiredService<TimeProvider>();
        app.Use(async (context, next) =>
        {
            if (IsProbe(context.Request.Path))
            {
                await next(context);
                return;
            }

            var start = time.GetTimestamp();
            var entry = new AccessLogEntry
            {
                Method = context.Request.Method,
                Route = AccessLogEntry.RouteOf(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget),
            };
            var body = CountedBody.Of(context);
            context.Features.Set(entry);
            try
            {
                await next(context);
            }
            finally
            {
                entry.Time = time.GetLocalNow();
                entry.Whole = time.GetElapsedTime(start);
                entry.Client = context.Connection.RemoteIpAddress;
                entry.RequestId = context.Request.Headers[RequestIdExtensions.Header];
                entry.Bytes = body.Written;
                entry.Status = context is { Response.HasStarted: false, RequestAborted.IsCancellationRequested: true }
                    ? ClientClosedRequest
                    : context.Response.StatusCode;
                log.Add(entry);
            }
        });
    }

    private static LogFile? FileOf(IServiceProvider services, string name)
        => services.GetRequiredService<IOptions<EdgeOptions>>().Value is { LogFolder: { } folder } options
            ? new LogFile(folder, name, options.LogFileSize, options.LogFileCount)
            : null;

    private static bool IsProbe(PathString path)
        => path.Equals("/health", StringComparison.OrdinalIgnoreCase) || path.Equals("/alive", StringComparison.OrdinalIgnoreCase);
}
