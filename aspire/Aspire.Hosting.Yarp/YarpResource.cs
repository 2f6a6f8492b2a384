using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Yarp;

/// <summary>A container of the stock YARP, which forwards requests by the routes that it is given.</summary>
public class YarpResource(string name) : ContainerResource(name), IResourceWithServiceDiscovery
{
    internal List<YarpRoute> Routes { get; } = [];

    internal List<YarpCluster> Clusters { get; } = [];
}
