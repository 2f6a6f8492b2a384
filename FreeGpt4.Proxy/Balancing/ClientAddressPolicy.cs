using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.Model;

namespace FreeGpt4.Proxy.Balancing;

/// <summary>
/// Keeps a client address with one replica: the one for which the hash of both is highest. When a replica comes or goes, only the clients
/// move that it gets or had.
/// </summary>
internal sealed class ClientAddressPolicy : ILoadBalancingPolicy
{
    public const string PolicyName = "client-address";

    public string Name => PolicyName;

    public DestinationState? PickDestination(HttpContext context, ClusterState cluster, IReadOnlyList<DestinationState> availableDestinations)
        => availableDestinations.MaxBy(replica => Weight(context.Connection.RemoteIpAddress, replica.DestinationId));

    // Not GetHashCode, which differs from one edge to the next and from one start to the next.
    internal static ulong Weight(IPAddress? client, string replica)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{client} {replica}"), hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }
}
