using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Yarp;

namespace Aspire.Hosting;

/// <summary>What a YARP forwards, and to whom.</summary>
public interface IYarpConfigurationBuilder
{
    /// <summary>Adds a cluster of one endpoint.</summary>
    YarpCluster AddCluster(EndpointReference endpoint);

    /// <summary>Adds a cluster of the HTTP endpoints of a resource.</summary>
    YarpCluster AddCluster(IResourceBuilder<IResourceWithServiceDiscovery> resource);

    /// <param name="destination">A URL, or a value that is one when the application runs.</param>
    YarpCluster AddCluster(string clusterName, object destination);

    /// <param name="destinations">URLs, or values that are URLs when the application runs.</param>
    /// <exception cref="ArgumentException">There is none, or one that is neither.</exception>
    YarpCluster AddCluster(string clusterName, object[] destinations);

    /// <param name="path">A pattern of ASP.NET's routing, such as <c>/api/{**rest}</c>.</param>
    YarpRoute AddRoute(string path, YarpCluster cluster);
}

public static class YarpConfigurationBuilderExtensions
{
    private const string EveryPath = "/{**catchall}";

    /// <summary>Leads what no other route takes to a cluster.</summary>
    public static YarpRoute AddRoute(this IYarpConfigurationBuilder builder, YarpCluster cluster) => builder.AddRoute(EveryPath, cluster);

    /// <summary>Leads what no other route takes to an endpoint.</summary>
    public static YarpRoute AddRoute(this IYarpConfigurationBuilder builder, EndpointReference endpoint) => builder.AddRoute(EveryPath, endpoint);

    /// <summary>Leads what no other route takes to a resource.</summary>
    public static YarpRoute AddRoute(this IYarpConfigurationBuilder builder, IResourceBuilder<IResourceWithServiceDiscovery> resource)
        => builder.AddRoute(EveryPath, resource);

    public static YarpRoute AddRoute(this IYarpConfigurationBuilder builder, string path, EndpointReference endpoint)
        => builder.AddRoute(path, builder.AddCluster(endpoint));

    public static YarpRoute AddRoute(this IYarpConfigurationBuilder builder, string path, IResourceBuilder<IResourceWithServiceDiscovery> resource)
        => builder.AddRoute(path, builder.AddCluster(resource));
}
