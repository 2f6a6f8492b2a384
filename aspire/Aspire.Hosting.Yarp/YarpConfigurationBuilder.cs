using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Yarp;

internal sealed class YarpConfigurationBuilder(IResourceBuilder<YarpResource> yarp) : IYarpConfigurationBuilder
{
    public YarpCluster AddCluster(EndpointReference endpoint)
    {
        yarp.WithReference(endpoint);
        return Add(new(endpoint.Resource.Name, () => [Address(endpoint)]));
    }

    public YarpCluster AddCluster(IResourceBuilder<IResourceWithServiceDiscovery> resource)
    {
        yarp.WithReference(resource);
        return Add(new(resource.Resource.Name, () => Addresses(resource.Resource)));
    }

    public YarpCluster AddCluster(string clusterName, object destination) => AddCluster(clusterName, [destination]);

    public YarpCluster AddCluster(string clusterName, object[] destinations)
    {
        ArgumentException.ThrowIfNullOrEmpty(clusterName);
        if (destinations.Length == 0)
        {
            throw new ArgumentException($"The cluster '{clusterName}' has no destination.", nameof(destinations));
        }

        if (destinations.FirstOrDefault(destination => destination is not (IValueProvider or string or Uri)) is { } other)
        {
            throw new ArgumentException(
                $"A destination of the cluster '{clusterName}' is {other.GetType().Name}; it can be a text, a Uri, or a value such as an endpoint.",
                nameof(destinations));
        }

        return Add(new(clusterName, () => destinations));
    }

    public YarpRoute AddRoute(string path, YarpCluster cluster)
    {
        var route = new YarpRoute($"route{yarp.Resource.Routes.Count}", cluster).WithMatchPath(path);
        yarp.Resource.Routes.Add(route);
        return route;
    }

    private YarpCluster Add(YarpCluster cluster)
    {
        yarp.Resource.Clusters.Add(cluster);
        return cluster;
    }

    private static object[] Addresses(IResourceWithServiceDiscovery resource)
    {
        var endpoints = resource.GetEndpoints().Where(e => !e.EndpointAnnotation.ExcludeReferenceEndpoint && (e.IsHttp || e.IsHttps)).ToArray();
        var schemes = endpoints.Where(IsNamedByScheme).Select(e => e.Scheme).OrderDescending().ToArray();
        return endpoints is []
            ? throw new DistributedApplicationException($"'{resource.Name}' has no HTTP endpoint that YARP could forward to.")
            : schemes is [] ? [.. endpoints.Select(Address)] : [$"{string.Join('+', schemes)}://{resource.Name}"];
    }

    // For the container's service discovery, which has the address from services__{name}__{endpoint}__0.
    private static string Address(EndpointReference endpoint) => IsNamedByScheme(endpoint)
        ? $"{endpoint.Scheme}://{endpoint.Resource.Name}"
        : $"{endpoint.Scheme}://_{endpoint.EndpointName}.{endpoint.Resource.Name}";

    private static bool IsNamedByScheme(EndpointReference endpoint)
        => endpoint.EndpointName.Equals(endpoint.Scheme, StringComparison.OrdinalIgnoreCase);
}
