using System.Buffers;
using System.Diagnostics;
using FreeGpt4.Proxy.AccessLog;
using FreeGpt4.Proxy.RequestIds;
using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;

namespace FreeGpt4.Proxy.Errors;

/// <summary>
/// Gives the envelope to answers that no middleware sees: where the server cannot read a request, or has waited too long for one, it
/// answers by itself, with a status and nothing else.
/// </summary>
/// <remarks>
/// The server tells of such a request, with its features, before it answers, and does not answer when that has been done
/// (https://learn.microsoft.com/aspnet/core/fundamentals/servers/kestrel/diagnostics). Requests that it can read pay nothing for this.
/// There is no stream for a body yet, so the body goes to the connection itself, behind the headers. With HTTP/2, where that would not be
/// a body, the answer stays as it is.
/// </remarks>
internal sealed class UnreadableRequests(IOptions<EdgeOptions> options, AccessLogFile log, TimeProvider time)
    : IObserver<KeyValuePair<string, object?>>
{
    private const string EventName = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    public static void Answer(IServiceProvider services)
        => services.GetRequiredService<DiagnosticListener>().Subscribe(
            ActivatorUtilities.CreateInstance<UnreadableRequests>(services), (name, _, _) => name == EventName);

    public void OnNext(KeyValuePair<string, object?> value)
    {
        // A request that reached the middleware, and whose body turned out bad, is answered there.
        if (value.Value is IFeatureCollection features
            && features.Get<Reached>() is null
            && features.Get<IHttp2StreamIdFeature>() is null
            && features.Get<IBadRequestExceptionFeature>()?.Error is BadHttpRequestException bad
            && features.Get<IHttpRequestFeature>() is { } request
            && features.Get<IHttpResponseFeature>() is { HasStarted: false } response
            && features.Get<IHttpResponseBodyFeature>() is { } start
            && features.Get<IConnectionTransportFeature>()?.Transport is { } connection)
        {
            var id = RequestIdExtensions.IdFor(request.Headers);
            var body = EdgeErrors.BodyOf(bad.StatusCode, failure: null, options.Value);
            response.StatusCode = bad.StatusCode;
            response.Headers.Connection = "close";
            response.Headers.ContentType = EdgeErrors.ContentType;
            response.Headers.ContentLength = body.Length;
            response.Headers[RequestIdExtensions.Header] = id;
            // Both are little enough to be taken at once, whatever the client does.
            _ = start.StartAsync();
            if (!HttpMethods.IsHead(request.Method))
            {
                connection.Output.Write(body);
            }

            _ = connection.Output.FlushAsync().AsTask();
            log.Lines?.Add(Entry(features, request, id, bad.StatusCode, body.Length));
        }
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    // What of the request could not be read is empty.
    private AccessLogEntry Entry(IFeatureCollection features, IHttpRequestFeature request, string id, int status, int bytes) => new()
    {
        Time = time.GetLocalNow(),
        Client = features.Get<IHttpConnectionFeature>()?.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped
            ? mapped.MapToIPv4()
            : features.Get<IHttpConnectionFeature>()?.RemoteIpAddress,
        RequestId = id,
        Method = request.Method ?? "",
        Route = AccessLogEntry.RouteOf(request.RawTarget ?? ""),
        Status = status,
        Bytes = bytes,
    };

    /// <summary>Marks the requests that reached the middleware.</summary>
    public sealed class Reached
    {
        public static readonly Reached Mark = new();
    }
}
