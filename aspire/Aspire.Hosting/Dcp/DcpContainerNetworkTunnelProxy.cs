using System.Text.Json.Nodes;

namespace Aspire.Hosting.Dcp;

/// <summary>
/// Leads from a network of containers to services of this machine, which listen on loopback: a process here, and a container there that
/// listens for it. Its image DCP builds when the engine does not have it yet.
/// </summary>
internal sealed record DcpContainerNetworkTunnelProxy : DcpResource, IDcpResource
{
    public static DcpKind Definition { get; } = new("ContainerNetworkTunnelProxy", "containernetworktunnelproxies");

    public override string Kind => Definition.Name;

    public required DcpTunnelProxySpec Spec { get; init; }

    public DcpTunnelProxyStatus? Status { get; init; }
}

/// <param name="ContainerNetworkName">A <see cref="DcpContainerNetwork"/>.</param>
/// <param name="Aliases">The names by which containers find it there.</param>
internal sealed record DcpTunnelProxySpec(string ContainerNetworkName, IReadOnlyList<string> Aliases, IReadOnlyList<DcpTunnel> Tunnels);

/// <param name="Name">Unique in its proxy.</param>
/// <param name="ServerServiceName">The <see cref="DcpService"/> that it leads to.</param>
/// <param name="ClientServiceName">The <see cref="DcpService"/> without an address of its own that stands for it on the network.</param>
internal sealed record DcpTunnel(string Name, string ServerServiceName, string ClientServiceName)
{
    public JsonObject ToJson() => new()
    {
        ["name"] = Name,
        ["serverServiceName"] = ServerServiceName,
        ["clientServiceName"] = ClientServiceName,
    };
}

internal sealed record DcpTunnelProxyStatus
{
    public const string Failed = "Failed";

    /// <summary><c>Pending</c>, <c>BuildingImage</c>, <c>Starting</c>, <c>Running</c> or, for good, <see cref="Failed"/>.</summary>
    public string? State { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Message { get; init; }

    public IReadOnlyList<DcpTunnelStatus>? TunnelStatuses { get; init; }
}

internal sealed record DcpTunnelStatus
{
    public const string Ready = "Ready";
    public const string Failed = "Failed";

    public required string Name { get; init; }

    /// <summary><c>NotReady</c>, <see cref="Ready"/> or, for good, <see cref="Failed"/>.</summary>
    public string? State { get; init; }

    public string? ErrorMessage { get; init; }

    /// <summary>Where it listens on the network: the port of the service, unless that is taken there.</summary>
    public int ClientProxyPort { get; init; }
}
