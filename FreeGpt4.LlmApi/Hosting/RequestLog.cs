using FreeGpt4.LlmApi.Usage;
using FreeGpt4.LlmApi.Users;
using Microsoft.AspNetCore.Diagnostics;

namespace FreeGpt4.LlmApi.Hosting;

/// <summary>
/// One line for each request, when <c>ENABLE_REQUEST_LOGGING</c> says so. Never a query, a prompt or an answer; the path only as its route's
/// template, since what does not match one may be anything.
/// </summary>
internal sealed partial class RequestLog(bool isEnabled, ILogger<RequestLog> logger)
{
    public void Write(HttpContext context, RequestRecord record)
    {
        if (!isEnabled)
        {
            return;
        }

        // The handler of exceptions takes the endpoint away.
        var endpoint = context.GetEndpoint() ?? context.Features.Get<IExceptionHandlerFeature>()?.Endpoint;
        var route = (endpoint as RouteEndpoint)?.RoutePattern.RawText;
        if (route is not ("/health" or "/alive"))
        {
            Log.Request(
                logger,
                Method(context.Request.Method),
                route ?? "-",
                record.Status,
                record.IsOfUse ? record.Outcome.ToString() : "-",
                record.Provider,
                record.Model,
                record.Fallbacks,
                record.Tokens?.Prompt ?? 0,
                record.Tokens?.Completion ?? 0,
                record.FirstContent?.TotalMilliseconds,
                record.Duration.TotalMilliseconds,
                Caller.Of(context).Name,
                context.TraceIdentifier);
        }
    }

    // A client may send any token as a method.
    private static string Method(string method) => method is "GET" or "POST" or "PUT" or "DELETE" or "PATCH" or "HEAD" or "OPTIONS" ? method : "-";

    // XRequestId: the host has a RequestId of its own, which a file would have in its place.
    private static partial class Log
    {
        [LoggerMessage(
            1,
            LogLevel.Information,
            "{Method} {Route} {Status} {Outcome} provider={Provider} model={Model} fallbacks={Fallbacks} tokens={PromptTokens}+{CompletionTokens} first={FirstTokenMs:0} ms duration={DurationMs:0} ms user={User} request={XRequestId}")]
        public static partial void Request(
            ILogger logger,
            string method,
            string route,
            int status,
            string outcome,
            string provider,
            string model,
            int fallbacks,
            long promptTokens,
            long completionTokens,
            double? firstTokenMs,
            double durationMs,
            string? user,
            string xRequestId);
    }
}
