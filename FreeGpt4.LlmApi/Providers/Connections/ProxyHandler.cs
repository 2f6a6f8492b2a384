using System.Net;

namespace FreeGpt4.LlmApi.Providers.Connections;

/// <summary>
/// Sends each request through the next of several proxies. One that lets nothing through is left alone for a while, and the request goes
/// through another: nothing of it has reached the upstream then.
/// </summary>
/// <param name="open">Makes the handler of one proxy; with <c>null</c> that of the direct way.</param>
internal sealed class ProxyHandler(OutgoingProxies proxies, Func<WebProxy?, SocketsHttpHandler> open, TimeProvider time) : HttpMessageHandler
{
    private static readonly TimeSpan KeepAway = TimeSpan.FromSeconds(30);

    private readonly Way _direct = new(open(null));
    private readonly Way[] _ways = [.. proxies.ToWebProxies().Select(proxy => new Way(open(proxy)))];

    private uint _turn = uint.MaxValue;

    /// <exception cref="NoProxyException">None let it through.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.RequestUri is not { } address || OutgoingProxies.IsNear(address))
        {
            return await _direct.Invoker.SendAsync(request, cancellationToken);
        }

        Exception? last = null;
        foreach (var way in InTurn())
        {
            try
            {
                var response = await way.Invoker.SendAsync(request, cancellationToken);
                if (response.StatusCode is not HttpStatusCode.ProxyAuthenticationRequired)
                {
                    way.FailedAt = 0;
                    return response;
                }

                response.Dispose();
            }
            catch (Exception e) when (IsOfProxy(e) && !cancellationToken.IsCancellationRequested)
            {
                last = e;
            }

            way.FailedAt = time.GetTimestamp();
        }

        throw new NoProxyException(last);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _direct.Invoker.Dispose();
            foreach (var way in _ways)
            {
                way.Invoker.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    // Those that have failed a moment ago come last: better one of them than nobody.
    private IEnumerable<Way> InTurn()
    {
        var turn = (int)(Interlocked.Increment(ref _turn) % (uint)_ways.Length);
        return _ways.Skip(turn).Concat(_ways.Take(turn)).OrderBy(way => way.FailedAt != 0 && time.GetElapsedTime(way.FailedAt) < KeepAway);
    }

    // No connection to the proxy, or none from there to the upstream.
    private static bool IsOfProxy(Exception exception) => exception
        is HttpRequestException
        {
            HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
                or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError
        }
        or OperationCanceledException { InnerException: TimeoutException };

    private sealed class Way(SocketsHttpHandler handler)
    {
        private long _failedAt;

        public HttpMessageInvoker Invoker { get; } = new(handler);

        /// <summary>A timestamp; 0 while it works.</summary>
        public long FailedAt
        {
            get => Volatile.Read(ref _failedAt);
            set => Volatile.Write(ref _failedAt, value);
        }
    }
}

/// <summary>None of <see cref="OutgoingProxies"/> led to the upstream.</summary>
internal sealed class NoProxyException(Exception? last) : HttpRequestException(
    HttpRequestError.ProxyTunnelError, $"No proxy of {OutgoingProxies.Setting} led there.", last);
