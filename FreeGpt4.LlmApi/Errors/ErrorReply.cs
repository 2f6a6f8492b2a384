using System.Buffers;
using System.Globalization;
using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Errors;

internal static class ErrorReply
{
    private static readonly OpenAIErrorFormat Default = new();

    /// <param name="endpoint">The route that failed, if one was found; it may have an <see cref="IErrorFormat"/>.</param>
    public static Task WriteAsync(HttpContext context, OpenAIFailure failure, Endpoint? endpoint, CancellationToken cancellationToken)
    {
        var response = context.Response;
        var format = FormatFor(context, endpoint);
        response.StatusCode = format.StatusOf(failure);
        if (failure.Provider is { } provider)
        {
            response.Headers[RouteHeaders.Provider] = provider;
        }

        if ((failure.RetryAfter ?? UsualWait(failure)) is { } wait)
        {
            response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            response.Headers["retry-after-ms"] = Math.Ceiling(wait.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        }

        if (response.StatusCode == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        if (failure.IsRetryUseless)
        {
            // OpenAI's own clients repeat a 503 unless they are told not to.
            response.Headers["x-should-retry"] = "false";
        }

        var body = new ArrayBufferWriter<byte>();
        format.Write(failure, context, body);
        response.ContentType = format.ContentType;
        response.ContentLength = body.WrittenCount;
        return response.Body.WriteAsync(body.WrittenMemory, cancellationToken).AsTask();
    }

    // Those who wait are told how long, also where no upstream has said it.
    private static TimeSpan? UsualWait(OpenAIFailure failure) =>
        failure is { Status: StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable, IsRetryUseless: false }
            ? TimeSpan.FromSeconds(5)
            : null;

    private static IErrorFormat FormatFor(HttpContext context, Endpoint? endpoint) =>
        endpoint?.Metadata.GetMetadata<IErrorFormat>()
        ?? context.RequestServices.GetServices<UnroutedErrorFormat>().FirstOrDefault(format => format.AppliesTo(context.Request))?.Format
        ?? Default;

    /// <summary>Gives a body to the replies that routing makes without one: unknown route, wrong method.</summary>
    public static IApplicationBuilder UseErrorReplies(this IApplicationBuilder app) => app
        .UseExceptionHandler(_ => { })
        .UseStatusCodePages(async pages =>
        {
            var context = pages.HttpContext;
            var (method, path, status) = (context.Request.Method, context.Request.Path, context.Response.StatusCode);
            OpenAIError error = status switch
            {
                StatusCodes.Status404NotFound => new($"Unknown route: {method} {path}.", OpenAIError.InvalidRequest, Code: "unknown_route"),
                StatusCodes.Status405MethodNotAllowed => new(
                    $"{path} does not take {method}; it takes {context.Response.Headers.Allow}.",
                    OpenAIError.InvalidRequest,
                    Code: "method_not_allowed"),
                < 500 => new($"The request was refused with status {status}.", OpenAIError.InvalidRequest),
                _ => new($"The request failed with status {status}.", OpenAIError.Server),
            };
            await WriteAsync(context, new(status, error), endpoint: null, context.RequestAborted);
        });

    public static IServiceCollection AddErrorReplies(this IServiceCollection services) =>
        services.AddExceptionHandler<OpenAIExceptionHandler>();
}
