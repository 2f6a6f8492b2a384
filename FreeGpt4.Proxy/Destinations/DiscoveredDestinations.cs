using System.Net;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.ServiceDiscovery;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace FreeGpt4.Proxy.Destinations;

/// <summary>
/// Replaces each configured destination, whose host is the name of a service, by the endpoints that service discovery knows of it, and
/// each endpoint with a host name by the addresses behind that name: every replica is a destination of its own.
/// </summary>
internal sealed class DiscoveredDestinations(ServiceEndpointResolver resolver, HostAddresses hosts) : IDestinationResolver
{
    public async ValueTask<ResolvedDestinationCollection> ResolveDestinationsAsync(
        IReadOnlyDictionary<string, DestinationConfig> destinations, CancellationToken cancellationToken)
    {
        var resolved = new Dictionary<string, DestinationConfig>(StringComparer.OrdinalIgnoreCase);
        var changes = new List<IChangeToken>();
        foreach (var (name, destination) in destinations)
        {
            var source = await resolver.GetEndpointsAsync(destination.Address, cancellationToken);
            changes.Add(source.ChangeToken);
            foreach (var endpoint in source.Endpoints)
            {
                await foreach (var address in AddressesOfAsync(endpoint.EndPoint, new Uri(destination.Address).Scheme, changes, cancellationToken))
                {
                    resolved[$"{name}[{address}]"] = destination with { Address = address };
                }
            }
        }

        return new ResolvedDestinationCollection(resolved, new CompositeChangeToken(changes));
    }

    private async IAsyncEnumerable<string> AddressesOfAsync(
        EndPoint endpoint, string scheme, List<IChangeToken> changes, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var uri = endpoint switch
        {
            UriEndPoint known => known.Uri,
            DnsEndPoint dns => new UriBuilder(scheme, dns.Host, dns.Port == 0 ? -1 : dns.Port).Uri,
            IPEndPoint ip => new Uri($"{scheme}://{ip}/"),
            _ => throw new NotSupportedException($"Service discovery gave an endpoint that has no URL: {endpoint}."),
        };
        if (!IsNameOfReplicas(uri))
        {
            yield return uri.AbsoluteUri;
            yield break;
        }

        var (addresses, changed) = await hosts.OfAsync(uri.IdnHost, cancellationToken);
        changes.Add(changed);
        foreach (var address in addresses)
        {
            yield return new UriBuilder(uri) { Host = address.ToString() }.Uri.AbsoluteUri;
        }
    }

    // The two addresses of localhost are one replica. With TLS the name is needed for the certificate.
    private static bool IsNameOfReplicas(Uri uri)
        => uri.HostNameType == UriHostNameType.Dns && uri.Scheme == Uri.UriSchemeHttp && !uri.IsLoopback;
}
