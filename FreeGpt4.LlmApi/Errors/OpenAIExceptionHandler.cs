using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;

namespace FreeGpt4.LlmApi.Errors;

/// <summary>Turns an exception into a reply with its true status, in the form that the route's callers read.</summary>
internal sealed partial class OpenAIExceptionHandler(ILogger<OpenAIExceptionHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var endpoint = httpContext.Features.Get<IExceptionHandlerFeature>()?.Endpoint;
        var failure = TooLarge(httpContext, exception, endpoint) ?? OpenAIFailure.From(exception);
        if (failure is null)
        {
            Log.Unforeseen(logger, exception, httpContext.TraceIdentifier);
            failure = OpenAIFailure.Unforeseen(httpContext.TraceIdentifier);
        }

        await ErrorReply.WriteAsync(httpContext, failure, endpoint, cancellationToken);
        return true;
    }

    private static OpenAIFailure? TooLarge(HttpContext context, Exception exception, Endpoint? endpoint) =>
        exception is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }
        && context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize is { } most
            ? OpenAIFailure.BodyTooLarge(most, endpoint?.Metadata.GetMetadata<IRequestSizeLimitMetadata>() is null ? "MAX_BODY_SIZE" : null)
            : null;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Request {RequestId} failed for a reason that has no mapping.")]
        public static partial void Unforeseen(ILogger logger, Exception exception, string requestId);
    }
}
