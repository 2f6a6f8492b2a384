using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;

namespace FreeGpt4.Proxy.ClientAddress;

internal static class ClientAddressExtensions
{
    /// <summary>
    /// Makes the connection's remote address that of the client: the peer's, or when the peer is a trusted proxy the last address that it
    /// and those before it tell of and that is no trusted proxy itself. Then its word on http or https is taken, too.
    /// </summary>
    public static void UseClientAddress(this WebApplication app)
    {
        // With nobody in its lists the middleware would trust everyone.
        if (app.Services.GetRequiredService<IOptions<EdgeOptions>>().Value.TrustedProxies is { Count: > 0 } trusted)
        {
            app.UseForwardedHeaders(Options(trusted));
        }

        app.Use((context, next) =>
        {
            // The middleware keeps what it replaced in these; the replicas are told one address.
            context.Request.Headers.Remove(ForwardedHeadersDefaults.XOriginalForHeaderName);
            context.Request.Headers.Remove(ForwardedHeadersDefaults.XOriginalProtoHeaderName);

            // On a socket for both families an IPv4 client has the address ::ffff:192.0.2.1.
            if (context.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped)
            {
                context.Connection.RemoteIpAddress = mapped.MapToIPv4();
            }

            return next(context);
        });
    }

    private static ForwardedHeadersOptions Options(IReadOnlyList<System.Net.IPNetwork> trusted)
    {
        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
            // As many as there are, until one is not trusted.
            ForwardLimit = null,
        };
        // Loopback, which is trusted by default, is where an attacker on this machine comes from, or any client by way of a tunnel.
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in trusted)
        {
            options.KnownIPNetworks.Add(network);
        }

        return options;
    }
}
