using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Aspire.Hosting.Yarp;

/// <summary>Destinations among which YARP spreads requests.</summary>
public class YarpCluster
{
    private readonly Func<object[]> _destinations;

    /// <param name="destinations">Asked for when the application runs.</param>
    internal YarpCluster(string name, Func<object[]> destinations)
    {
        _destinations = destinations;
        Configuration = new() { ClusterId = $"cluster_{name}" };
    }

    internal ClusterConfig Configuration { get; set; }

    internal object[] Destinations => _destinations();
}

public static class YarpClusterExtensions
{
    /// <summary>How a request is sent, and how long YARP waits for what comes of it.</summary>
    public static YarpCluster WithForwarderRequestConfig(this YarpCluster cluster, ForwarderRequestConfig config)
        => cluster.With(c => c with { HttpRequest = config });

    public static YarpCluster WithHealthCheckConfig(this YarpCluster cluster, HealthCheckConfig config)
        => cluster.With(c => c with { HealthCheck = config });

    public static YarpCluster WithSessionAffinityConfig(this YarpCluster cluster, SessionAffinityConfig config)
        => cluster.With(c => c with { SessionAffinity = config });

    /// <param name="policy">One of YARP's, such as <c>RoundRobin</c>.</param>
    public static YarpCluster WithLoadBalancingPolicy(this YarpCluster cluster, string policy)
        => cluster.With(c => c with { LoadBalancingPolicy = policy });

    public static YarpCluster WithMetadata(this YarpCluster cluster, IReadOnlyDictionary<string, string> metadata)
        => cluster.With(c => c with { Metadata = metadata });

    private static YarpCluster With(this YarpCluster cluster, Func<ClusterConfig, ClusterConfig> change)
    {
        cluster.Configuration = change(cluster.Configuration);
        return cluster;
    }
}
