using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace FreeGpt4.Proxy.Health;

/// <summary>
/// Requests go to the replicas that nothing is known against; when there is none, to those that were set aside for a while; and when all
/// are silent or not ready, to all. An edge that has replicas never refuses a request for want of one.
/// </summary>
internal sealed class FittestPolicy : IAvailableDestinationsPolicy
{
    public const string PolicyName = "fittest";

    public string Name => PolicyName;

    public static IReadOnlyList<DestinationState> FittestOf(IReadOnlyList<DestinationState> replicas)
    {
        var alive = Where(replicas, replica => replica.Health.Active != DestinationHealth.Unhealthy);
        var fit = Where(alive, replica => replica.Health.Passive != DestinationHealth.Unhealthy);
        return fit.Count > 0 ? fit : alive.Count > 0 ? alive : replicas;
    }

    public IReadOnlyList<DestinationState> GetAvailalableDestinations(ClusterConfig config, IReadOnlyList<DestinationState> allDestinations)
        => FittestOf(allDestinations);

    private static IReadOnlyList<DestinationState> Where(IReadOnlyList<DestinationState> replicas, Func<DestinationState, bool> condition)
        => replicas.All(condition) ? replicas : [.. replicas.Where(condition)];
}
