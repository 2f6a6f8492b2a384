using System.Text.Json.Nodes;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dcp;

namespace Aspire.Hosting.Orchestration;

/// <summary>
/// The way from the containers to what listens on this machine, through DCP's tunnel. It is made for the first endpoint that a container
/// is told of, and has a branch for each.
/// </summary>
internal sealed class ContainerTunnel(DcpClient dcp)
{
    private const string Proxy = $"{ContainerWorkloads.Network}-tunnelproxy";
    private const string BaseImage = "mcr.microsoft.com/azurelinux/base/core:3.0";

    private readonly Gate _gate = new();
    private readonly Dictionary<EndpointAnnotation, AllocatedEndpoint> _opened = [];
    private readonly List<DcpTunnel> _tunnels = [];

    /// <summary>Where containers reach an endpoint of a process, from now on. It need not serve yet.</summary>
    /// <exception cref="DistributedApplicationException">There can be no tunnel.</exception>
    public async Task<AllocatedEndpoint> OpenAsync(IResource resource, EndpointAnnotation endpoint, CancellationToken cancellationToken)
    {
        using var alone = await _gate.EnterAsync(cancellationToken).ConfigureAwait(false);
        if (_opened.TryGetValue(endpoint, out var opened))
        {
            return opened;
        }

        var service = ResourceConfigurator.ServiceName(resource, endpoint);
        var tunnel = new DcpTunnel($"{service}-tunnel", service, $"{service}-tunnel");
        try
        {
            var port = await OpenAsync(tunnel, resource, endpoint, cancellationToken).ConfigureAwait(false);
            return _opened[endpoint] = new(endpoint, KnownHostNames.DefaultContainerTunnelHostName, port);
        }
        catch (DistributedApplicationException)
        {
            // What failed never recovers; whoever tries again gets another.
            await CloseAsync(tunnel, endpoint, cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<int> OpenAsync(DcpTunnel tunnel, IResource resource, EndpointAnnotation endpoint, CancellationToken cancellationToken)
    {
        if (!endpoint.IsProxied)
        {
            await CreateServiceAsync(resource, endpoint, tunnel.ServerServiceName, cancellationToken).ConfigureAwait(false);
        }

        await dcp.CreateAsync(Service(resource, endpoint, tunnel.ClientServiceName), cancellationToken).ConfigureAwait(false);
        _tunnels.Add(tunnel);
        await ApplyAsync(cancellationToken).ConfigureAwait(false);
        return await PortAsync(tunnel, cancellationToken).ConfigureAwait(false);
    }

    private async Task CloseAsync(DcpTunnel tunnel, EndpointAnnotation endpoint, CancellationToken cancellationToken)
    {
        _tunnels.Remove(tunnel);
        if (_tunnels.Count == 0)
        {
            await dcp.DeleteUntilGoneAsync<DcpContainerNetworkTunnelProxy>(_ => true, cancellationToken).ConfigureAwait(false);
        }

        await dcp.DeleteUntilGoneAsync<DcpService>(name => name == tunnel.ClientServiceName, cancellationToken).ConfigureAwait(false);
        if (!endpoint.IsProxied)
        {
            await dcp.DeleteUntilGoneAsync<DcpEndpoint>(name => name == tunnel.ServerServiceName, cancellationToken).ConfigureAwait(false);
            await dcp.DeleteUntilGoneAsync<DcpService>(name => name == tunnel.ServerServiceName, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ApplyAsync(CancellationToken cancellationToken)
    {
        if (_tunnels.Count == 1)
        {
            await dcp.CreateAsync(
                new DcpContainerNetworkTunnelProxy
                {
                    Metadata = new() { Name = Proxy },
                    Spec = new(ContainerWorkloads.Network, [KnownHostNames.DefaultContainerTunnelHostName], _tunnels),
                },
                cancellationToken).ConfigureAwait(false);
            return;
        }

        var tunnels = new JsonArray([.. _tunnels.Select(tunnel => tunnel.ToJson())]);
        await dcp.PatchAsync<DcpContainerNetworkTunnelProxy>(
            Proxy, new JsonObject { ["spec"] = new JsonObject { ["tunnels"] = tunnels } }, cancellationToken).ConfigureAwait(false);
    }

    private async Task<int> PortAsync(DcpTunnel tunnel, CancellationToken cancellationToken)
    {
        await foreach (var change in dcp.WatchAsync<DcpContainerNetworkTunnelProxy>(cancellationToken).ConfigureAwait(false))
        {
            var status = change.Resource.Status;
            if (status?.State == DcpTunnelProxyStatus.Failed)
            {
                throw Failure(status.Message);
            }

            switch (status?.TunnelStatuses?.FirstOrDefault(s => s.Name == tunnel.Name))
            {
                case { State: DcpTunnelStatus.Ready } ready:
                    return ready.ClientProxyPort;
                case { State: DcpTunnelStatus.Failed } failed:
                    throw Failure(failed.ErrorMessage);
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        throw Failure("DCP has gone");
    }

    // What listens at a port of its own is unknown to DCP.
    private async Task CreateServiceAsync(IResource resource, EndpointAnnotation endpoint, string name, CancellationToken cancellationToken)
    {
        await dcp.CreateAsync(Service(resource, endpoint, name), cancellationToken).ConfigureAwait(false);
        await dcp.CreateAsync(
            new DcpEndpoint
            {
                Metadata = new() { Name = name },
                Spec = new() { ServiceName = name, Address = KnownHostNames.Localhost, Port = endpoint.AllocatedEndpoint!.Port },
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static DcpService Service(IResource resource, EndpointAnnotation endpoint, string name) => new()
    {
        Metadata = new()
        {
            Name = name,
            Annotations = new Dictionary<string, string> { ["resource-name"] = resource.Name, ["endpoint-name"] = endpoint.Name },
        },
        Spec = new() { AddressAllocationMode = DcpAddressAllocation.Proxyless },
    };

    private static DistributedApplicationException Failure(string? reason)
        => new($"The containers get no way to this machine: {reason?.TrimEnd('.')}. DCP builds the image of its tunnel from {BaseImage}; "
            + "where no registry has it, give that name to another small image with glibc and OpenSSL.");
}
