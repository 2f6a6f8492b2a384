using FreeGpt4.Proxy.Forwarding;
using FreeGpt4.Proxy.Health;
using FreeGpt4.Proxy.Metrics;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace FreeGpt4.Proxy.Retries;

/// <summary>
/// Sends a request again, at once and to a replica not yet tried, when the attempt cannot have had an effect: no connection was made,
/// or the connection of a GET or HEAD ended before an answer. Anything else may have been processed and is never sent twice.
/// </summary>
/// <remarks>
/// Every replica is tried once, those that were set aside after the others, and a single address twice, since several replicas may share
/// it behind a balancer of connections.
/// </remarks>
internal sealed partial class RetryMiddleware(RequestDelegate next, EdgeMetrics metrics, ILogger<RetryMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var proxy = context.GetReverseProxyFeature();
        var untried = proxy.AllDestinations;
        var attemptsLeft = Math.Max(untried.Count, 2);
        while (true)
        {
            await next(context);

            attemptsLeft--;
            if (attemptsLeft == 0 || !IsSafeToSendAgain(context))
            {
                return;
            }

            var failed = proxy.ProxiedDestination!;
            metrics.Retried();
            Log.TryingAgain(logger, failed.DestinationId, context.Request.Method, context.GetForwarderErrorFeature()!.Exception!.Message);
            untried = [.. untried.Where(destination => destination != failed)];
            if (untried.Count == 0)
            {
                untried = proxy.AllDestinations;
            }

            ForgetAttempt(context, proxy);
            proxy.AvailableDestinations = FittestPolicy.FittestOf(untried);
        }
    }

    private static bool IsSafeToSendAgain(HttpContext context)
        => context.GetForwarderErrorFeature() is { } failure
            && context is { Response.HasStarted: false, RequestAborted.IsCancellationRequested: false }
            && (failure.ConnectFailed() || (failure.LostBeforeAnswer() && IsReadOnly(context)));

    // With a body, which is rare but allowed, there is nothing left to send.
    private static bool IsReadOnly(HttpContext context)
        => (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
            && context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true };

    private static void ForgetAttempt(HttpContext context, IReverseProxyFeature proxy)
    {
        context.Response.Clear();
        context.Features.Set<IForwarderErrorFeature>(null);
        proxy.ProxiedDestination = null;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Replica {Destination} did not take a {Method} ({Reason}); trying again.")]
        public static partial void TryingAgain(ILogger logger, string destination, string method, string reason);
    }
}
