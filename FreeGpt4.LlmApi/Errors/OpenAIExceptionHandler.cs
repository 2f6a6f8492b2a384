using Microsoft.AspNetCore.Diagnostics;

namespace FreeGpt4.LlmApi.Errors;

/// <summary>Turns an exception into a reply with its true status, in the form that the route's callers read.</summary>
internal sealed partial class OpenAIExceptionHandler(ILogger<OpenAIExceptionHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var failure = OpenAIFailure.From(exception);
        if (failure is null)
        {
            Log.Unforeseen(logger, exception, httpContext.TraceIdentifier);
            failure = OpenAIFailure.Unforeseen(httpContext.TraceIdentifier);
        }

        var endpoint = httpContext.Features.Get<IExceptionHandlerFeature>()?.Endpoint;
        await ErrorReply.WriteAsync(httpContext, failure, endpoint, cancellationToken);
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Request {RequestId} failed for a reason that has no mapping.")]
        public static partial void Unforeseen(ILogger logger, Exception exception, string requestId);
    }
}
