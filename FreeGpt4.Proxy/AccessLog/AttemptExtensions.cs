using System.Diagnostics;
using System.Net.Sockets;
using Yarp.ReverseProxy.Transforms;

namespace FreeGpt4.Proxy.AccessLog;

internal static class AttemptExtensions
{
    /// <summary>Takes the time of each attempt, for the access log. Whatever chooses and calls a replica comes after it.</summary>
    public static void UseAttempts(this IApplicationBuilder pipeline) => pipeline.Use(async (context, next) =>
    {
        if (context.Features.Get<AccessLogEntry>() is not { } entry)
        {
            await next(context);
            return;
        }

        var attempt = new Attempt();
        entry.Attempts.Add(attempt);
        await next(context);
        if (context.GetReverseProxyFeature().ProxiedDestination is { } replica)
        {
            attempt.Ended(new Uri(replica.Model.Config.Address).Authority, context.Response.StatusCode);
        }
        else
        {
            // There was nobody to ask.
            entry.Attempts.Remove(attempt);
        }
    });

    public static void TellAttempt(this RequestTransformContext request)
    {
        if (request.HttpContext.Features.Get<AccessLogEntry>() is { Attempts: [.., var attempt] })
        {
            request.ProxyRequest.Options.Set(Attempt.Key, attempt);
        }
    }

    public static void TellAttempt(this ResponseTransformContext response)
    {
        if (response.ProxyResponse is { } answer
            && response.HttpContext.Features.Get<AccessLogEntry>() is { Attempts: [.., var attempt] })
        {
            attempt.Answered(answer);
        }
    }

    /// <summary>Makes connections as the sockets handler does by itself, and tells the attempt that caused one how long it took.</summary>
    public static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        if (context.InitialRequestMessage.Options.TryGetValue(Attempt.Key, out var attempt))
        {
            attempt.Connected(Stopwatch.GetElapsedTime(start));
        }

        return new NetworkStream(socket, ownsSocket: true);
    }
}
