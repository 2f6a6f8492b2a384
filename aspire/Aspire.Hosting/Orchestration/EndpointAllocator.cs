using System.Net;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Dcp;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Orchestration;

/// <summary>Gives every endpoint an address before anything starts, so that each resource can be told where the others are.</summary>
internal sealed class EndpointAllocator(LoopbackPorts ports, IConfiguration configuration)
{
    // As in tests, where several applications run side by side: proxied endpoints take any port, whatever the model says.
    private readonly bool _randomizePorts = configuration.GetValue("DcpPublisher:RandomizePorts", false);

    /// <exception cref="DistributedApplicationException">An endpoint cannot be had: its port is taken, or it cannot serve replicas.</exception>
    public void Validate(DistributedApplicationModel model)
    {
        var claimed = new Dictionary<int, string>();
        foreach (var (resource, endpoint) in Endpoints(model))
        {
            var name = $"endpoint '{endpoint.Name}' of '{resource.Name}'";
            if (!endpoint.IsProxied && resource.GetReplicaCount() > 1)
            {
                throw new DistributedApplicationException(
                    $"The {name} is not proxied, so it can serve one process, not {resource.GetReplicaCount()} replicas: leave out isProxied: false, or the replicas.");
            }

            if (resource is ContainerResource && endpoint.TargetPort is null)
            {
                throw new DistributedApplicationException($"The {name} has no target port: say on which port the container listens.");
            }

            if (FixedPort(endpoint) is not { } port)
            {
                continue;
            }

            if (!claimed.TryAdd(port, name))
            {
                throw new DistributedApplicationException($"Port {port} is wanted by the {claimed[port]} and by the {name}: give one of them another.");
            }

            if (!LoopbackPorts.IsFree(port))
            {
                throw new DistributedApplicationException(endpoint.Setting is { } setting
                    ? DashboardSettings.PortInUse(port, setting)
                    : $"Port {port}, wanted by the {name}, is in use by another process: stop that process or choose another port.");
            }
        }
    }

    /// <summary>Has DCP listen for every proxied endpoint and notes the addresses.</summary>
    public async Task AllocateAsync(DistributedApplicationModel model, DcpClient dcp, CancellationToken cancellationToken)
    {
        var tunnel = new ContainerTunnel(dcp);
        var proxied = new Dictionary<string, (IResource Resource, EndpointAnnotation Endpoint)>(StringComparer.Ordinal);
        foreach (var (resource, endpoint) in Endpoints(model))
        {
            if (resource is not ContainerResource)
            {
                endpoint.ForContainers = cancelled => tunnel.OpenAsync(resource, endpoint, cancelled);
            }

            if (!endpoint.IsProxied)
            {
                endpoint.Port ??= ports.Next();
                endpoint.AllocatedEndpoint = new(endpoint, Host(endpoint), endpoint.Port.Value);
                continue;
            }

            var service = ResourceConfigurator.ServiceName(resource, endpoint);
            proxied.Add(service, (resource, endpoint));
            await dcp.CreateAsync(
                new DcpService
                {
                    Metadata = new() { Name = service, Annotations = Annotations(resource, endpoint) },
                    Spec = new() { Address = endpoint.TargetHost, Port = FixedPort(endpoint) },
                },
                cancellationToken).ConfigureAwait(false);
        }

        if (proxied.Count == 0)
        {
            return;
        }

        await foreach (var change in dcp.WatchAsync<DcpService>(cancellationToken).ConfigureAwait(false))
        {
            if (change.Resource.EffectivePort is { } port && port > 0 && proxied.Remove(change.Resource.Metadata.Name, out var allocated))
            {
                var (resource, endpoint) = allocated;
                var targetPort = resource is ContainerResource ? null : ResourceConfigurator.TargetPortExpression(resource, endpoint);
                endpoint.AllocatedEndpoint = new(endpoint, Host(endpoint), port, targetPort);
                if (proxied.Count == 0)
                {
                    return;
                }
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        throw new DistributedApplicationException($"DCP gave no address to {string.Join(", ", proxied.Keys)}.");
    }

    /// <summary>Chooses the ports that one instance listens on.</summary>
    public void AssignTargetPorts(ResourceInstance instance)
    {
        foreach (var endpoint in instance.Resource.Annotations.OfType<EndpointAnnotation>())
        {
            // Replicas of one endpoint share its address, so a fixed target port is for a single process only.
            if (endpoint.TargetPort is { } fixedPort && !(endpoint.IsProxied && instance.Resource.GetReplicaCount() > 1))
            {
                instance.TargetPorts[endpoint] = fixedPort;
                continue;
            }

            if (instance.TargetPorts.TryGetValue(endpoint, out var former))
            {
                ports.Release(former);
            }

            instance.TargetPorts[endpoint] = ports.Next();
        }
    }

    /// <summary>Gives up the ports of an instance that is gone.</summary>
    public void ReleaseTargetPorts(ResourceInstance instance)
    {
        foreach (var port in instance.TargetPorts.Values)
        {
            ports.Release(port);
        }
    }

    // What listens on every address is reached at this one.
    private static string Host(EndpointAnnotation endpoint)
        => IPAddress.TryParse(endpoint.TargetHost, out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            ? KnownHostNames.Localhost
            : endpoint.TargetHost;

    private int? FixedPort(EndpointAnnotation endpoint) => _randomizePorts && endpoint.IsProxied ? null : endpoint.Port;

    private static Dictionary<string, string> Annotations(IResource resource, EndpointAnnotation endpoint)
        => new() { ["resource-name"] = resource.Name, ["endpoint-name"] = endpoint.Name };

    private static IEnumerable<(IResource Resource, EndpointAnnotation Endpoint)> Endpoints(DistributedApplicationModel model)
        => model.Resources.SelectMany(r => r.Annotations.OfType<EndpointAnnotation>().Select(e => (r, e)));
}
