using System.Net;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.ServiceDiscovery;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace FreeGpt4.Proxy.Forwarding;

/// <summary>
/// Replaces each configured destination, whose host is the name of a service, by the endpoints that service discovery knows of it, and
/// does so again when discovery says that they changed.
/// </summary>
internal sealed class DiscoveredDestinations(ServiceEndpointResolver resolver) : IDestinationResolver
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
                var address = AddressOf(endpoint.EndPoint, new Uri(destination.Address).Scheme);
                resolved[$"{name}[{address}]"] = destination with { Address = address };
            }
        }

        return new ResolvedDestinationCollection(resolved, new CompositeChangeToken(changes));
    }

    private static string AddressOf(EndPoint endpoint, string scheme) => endpoint switch
    {
        UriEndPoint uri => uri.Uri.AbsoluteUri,
        DnsEndPoint dns => new UriBuilder(scheme, dns.Host, dns.Port).Uri.AbsoluteUri,
        IPEndPoint ip => $"{scheme}://{ip}/",
        _ => throw new NotSupportedException($"Service discovery gave an endpoint that has no URL: {endpoint}."),
    };
}
