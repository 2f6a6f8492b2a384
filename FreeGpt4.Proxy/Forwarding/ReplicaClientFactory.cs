using FreeGpt4.Proxy.AccessLog;
using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace FreeGpt4.Proxy.Forwarding;

/// <summary>Makes the client that all requests to replicas go through.</summary>
internal sealed class ReplicaClientFactory(IOptions<EdgeOptions> options, KeptConnections kept) : ForwarderHttpClientFactory
{
    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        handler.ConnectTimeout = options.Value.ConnectTimeout;
        handler.ConnectCallback = AttemptExtensions.ConnectAsync;
        // With none kept: whatever the other side answers, and for connections that were opened but not used.
        handler.PooledConnectionLifetime = options.Value.KeptConnections == 0 ? TimeSpan.Zero : kept.Lifetime;
        handler.PooledConnectionIdleTimeout = handler.PooledConnectionLifetime;
    }

    protected override HttpMessageHandler WrapHandler(ForwarderHttpClientContext context, HttpMessageHandler handler)
        => new SentOnceHandler(handler);

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
