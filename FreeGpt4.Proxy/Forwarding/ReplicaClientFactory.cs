using FreeGpt4.Proxy.AccessLog;
using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace FreeGpt4.Proxy.Forwarding;

/// <summary>Makes the client that all requests to replicas go through.</summary>
internal sealed class ReplicaClientFactory(IOptions<EdgeOptions> options, KeptConnections kept) : ForwarderHttpClientFactory
{
    /// <summary>Marks a request whose connection is closed after its answer.</summary>
    /// <remarks>
    /// The edge closes it. Were the replica asked to, its <c>Connection: close</c> would no longer tell that it is about to stop.
    /// </remarks>
    public static readonly HttpRequestOptionsKey<bool> NotKept = new("not kept");

    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        handler.ConnectTimeout = options.Value.ConnectTimeout;
        handler.ConnectCallback = AttemptExtensions.ConnectAsync;
        handler.PooledConnectionLifetime = kept.Lifetime;
        handler.PooledConnectionIdleTimeout = kept.Lifetime;
    }

    protected override HttpMessageHandler WrapHandler(ForwarderHttpClientContext context, HttpMessageHandler handler)
    {
        // As the base class makes the other one.
        var closing = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            ActivityHeadersPropagator = ((SocketsHttpHandler)handler).ActivityHeadersPropagator,
        };
        ConfigureHandler(context, closing);
        // Whatever the other side answers, and for connections that were opened but not used.
        closing.PooledConnectionLifetime = TimeSpan.Zero;
        return new SentOnceHandler(new ChosenHandler(handler, closing));
    }

    private sealed class ChosenHandler(HttpMessageHandler keeping, HttpMessageHandler closing) : HttpMessageHandler
    {
        private readonly HttpMessageInvoker _keeping = new(keeping);
        private readonly HttpMessageInvoker _closing = new(closing);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => (request.Options.TryGetValue(NotKept, out _) ? _closing : _keeping).SendAsync(request, cancellationToken);

        protected override void Dispose(bool disposing)
        {
            _keeping.Dispose();
            _closing.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>
    /// The sockets handler by itself sends a request without content up to three times more when the connection ends before the
    /// answer, whatever its method. Empty content is still no body, but it is sent once.
    /// </summary>
    private sealed class SentOnceHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Headers.Upgrade.Count == 0)
            {
                request.Content ??= new ByteArrayContent([]);
            }

            return base.SendAsync(request, cancellationToken);
        }
    }
}
