using System.Text.Json;
using FreeGpt4.Proxy.Forwarding;
using FreeGpt4.Proxy.HeadLimits;
using FreeGpt4.Proxy.RequestIds;
using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace FreeGpt4.Proxy.Errors;

internal static partial class EdgeErrors
{
    public const string ContentType = "application/json";

    /// <summary>Tells clients of the OpenAI libraries whether to send the request again.</summary>
    private const string ShouldRetryHeader = "x-should-retry";

    private const string InvalidRequest = "invalid_request_error";

    /// <summary>The envelope for a request without TLS on the port for TLS.</summary>
    public static byte[] TlsRequired { get; } = Envelope(
        "This port takes TLS only: send the request to an address that begins with https://.", InvalidRequest, "tls_required");

    /// <summary>
    /// Gives every error that the edge itself makes the OpenAI envelope. An answer of a replica, whatever its status, is left alone.
    /// </summary>
    public static void UseEdgeErrors(this WebApplication app)
    {
        UnreadableRequests.Answer(app.Services);
        app.UseExceptionHandler(handler => handler.Run(WriteAsync));
        app.Use(async (context, next) =>
        {
            context.Features.Set(UnreadableRequests.Reached.Mark);
            await next(context);
            if (context.GetForwarderErrorFeature() is { } failure && !context.RequestAborted.IsCancellationRequested)
            {
                LogFailure(context, failure);
            }

            if (context.Response is { HasStarted: false, StatusCode: >= StatusCodes.Status400BadRequest } && !IsAnswerOfReplica(context))
            {
                await WriteAsync(context);
            }
        });
    }

    /// <summary>Writes the envelope for the status that the response has, and for what went wrong between the edge and a replica.</summary>
    public static Task WriteAsync(HttpContext context) => WriteAsync(context, message: null);

    /// <inheritdoc cref="WriteAsync(HttpContext)"/>
    /// <param name="message">In place of what is said about the status.</param>
    public static Task WriteAsync(HttpContext context, string? message)
    {
        var status = context.Response.StatusCode;
        var failure = context.GetForwarderErrorFeature();
        if (status == StatusCodes.Status502BadGateway || failure?.ConnectFailed() == true)
        {
            context.Response.Headers[ShouldRetryHeader] = "true";
        }

        var options = context.RequestServices.GetRequiredService<IOptions<EdgeOptions>>().Value;
        var body = BodyOf(status, failure, options, message);
        context.Response.ContentType = ContentType;
        context.Response.ContentLength = body.Length;
        // An answer to HEAD has all but the body.
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    /// <summary>The envelope for an error of the edge.</summary>
    /// <param name="failure">What went wrong between the edge and a replica, if that was it.</param>
    public static byte[] BodyOf(int status, IForwarderErrorFeature? failure, EdgeOptions options, string? message = null)
    {
        var (code, usual) = Describe(status, failure, options);
        var type = status switch
        {
            StatusCodes.Status429TooManyRequests => "rate_limit_error",
            StatusCodes.Status500InternalServerError or StatusCodes.Status502BadGateway
                or StatusCodes.Status503ServiceUnavailable or StatusCodes.Status504GatewayTimeout => "server_error",
            _ => InvalidRequest,
        };
        return Envelope(message ?? usual, type, code);
    }

    private static byte[] Envelope(string message, string type, string code) => JsonSerializer.SerializeToUtf8Bytes(
        new ErrorResponse(new ErrorDetails(message, type, Param: null, code)), ErrorJsonContext.Default.ErrorResponse);

    private static void LogFailure(HttpContext context, IForwarderErrorFeature failure)
    {
        var logger = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(EdgeErrors));
        var outcome = context.Response.HasStarted ? "cut" : "answered";
        Log.NotForwarded(
            logger, context.Request.Method, outcome, context.Response.StatusCode, failure.Error,
            failure.Exception?.GetBaseException().Message, context.Request.Headers[RequestIdExtensions.Header]);
    }

    private static bool IsAnswerOfReplica(HttpContext context)
        => context.Features.Get<IReverseProxyFeature>() is { ProxiedDestination: not null } && context.GetForwarderErrorFeature() is null;

    private static (string Code, string Message) Describe(int status, IForwarderErrorFeature? failure, EdgeOptions options) => status switch
    {
        _ when failure?.ConnectFailed() == true
            => ("replica_unreachable", "No replica of the API could be reached, so the request was not processed. Send it again shortly."),
        StatusCodes.Status502BadGateway
            => ("replica_lost", "The replica that had the request was lost before it answered. It may have processed the request."),
        StatusCodes.Status503ServiceUnavailable
            => ("no_replica", "No replica of the API is known. Send the request again shortly."),
        StatusCodes.Status504GatewayTimeout
            => ("replica_timeout", $"The replica sent nothing for {options.ReadTimeout.TotalSeconds} s. It may be processing the request."),
        StatusCodes.Status413PayloadTooLarge
            => ("request_too_large", $"The request body is larger than the {options.MaxBodySize} bytes that are allowed (MAX_BODY_SIZE)."),
        StatusCodes.Status414UriTooLong
            => ("address_too_long",
                $"The address with its query is longer than the {HeadLimitsExtensions.LongestAddress} bytes that are allowed. Send long texts in a body."),
        StatusCodes.Status431RequestHeaderFieldsTooLarge
            => ("headers_too_large", $"The request headers are larger than the {HeadLimitsExtensions.LongestHeaders} bytes that are allowed."),
        StatusCodes.Status429TooManyRequests
            => ("rate_limit_exceeded", "Too many requests from this address."),
        StatusCodes.Status405MethodNotAllowed
            => ("method_not_allowed", "The method is not allowed."),
        StatusCodes.Status400BadRequest
            => ("bad_request", "The request could not be read."),
        StatusCodes.Status408RequestTimeout
            => ("request_timeout", "The request did not arrive in time."),
        StatusCodes.Status404NotFound
            => ("not_found", "There is nothing at this address."),
        StatusCodes.Status500InternalServerError
            => ("internal_error", "The edge failed. Its log has the details, under the request id of this answer."),
        _ => ("bad_request", $"{ReasonPhrases.GetReasonPhrase(status)}."),
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A {Method} was {Outcome} with {Status}: {Error}, {Reason} (request {RequestId}).")]
        public static partial void NotForwarded(
            ILogger logger, string method, string outcome, int status, ForwarderError error, string? reason, string? requestId);
    }
}
