using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dcp;

namespace Aspire.Hosting.Orchestration;

/// <summary>The instances among which DCP spreads the connections to an endpoint.</summary>
/// <remarks>
/// DCP accepts connections to an address that nobody serves, and holds them until somebody does. That is right while an instance
/// starts. When the last one has ended it would leave every client waiting: then <see cref="ConnectionRefuser"/> takes its place.
/// </remarks>
internal sealed class EndpointRotation(DcpClient dcp, ConnectionRefuser refuser)
{
    private readonly Gate _gate = new();
    private readonly HashSet<ResourceInstance> _members = [];
    private readonly HashSet<IResource> _refused = [];

    public async Task EnterAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        using var alone = await _gate.EnterAsync(cancellationToken).ConfigureAwait(false);

        // It turns healthy again while it serves, after a moment of bad health, or just as it is told to stop.
        if (instance.StopRequested || !_members.Add(instance))
        {
            return;
        }

        foreach (var (endpoint, port) in Entered(instance))
        {
            await CreateAsync($"{instance.Id}-{endpoint.Name}", instance.Resource, endpoint, port, cancellationToken).ConfigureAwait(false);
        }

        await EndRefusalAsync(instance, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends an instance no more connections. If that leaves none they are held, for another is about to start.</summary>
    public async Task LeaveToStartAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        using var alone = await _gate.EnterAsync(cancellationToken).ConfigureAwait(false);
        await RemoveAsync(instance, cancellationToken).ConfigureAwait(false);
        await EndRefusalAsync(instance, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends an instance no more connections. If that leaves none they fail at once.</summary>
    public async Task LeaveAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        using var alone = await _gate.EnterAsync(cancellationToken).ConfigureAwait(false);
        if (!await RemoveAsync(instance, cancellationToken).ConfigureAwait(false)
            || _members.Any(member => member.Resource == instance.Resource)
            || !_refused.Add(instance.Resource))
        {
            return;
        }

        foreach (var (endpoint, _) in Proxied(instance))
        {
            await CreateAsync(RefusalName(instance.Resource, endpoint), instance.Resource, endpoint, refuser.Port, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> RemoveAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        if (!_members.Remove(instance))
        {
            return false;
        }

        foreach (var (endpoint, _) in Entered(instance))
        {
            await dcp.DeleteAsync<DcpEndpoint>($"{instance.Id}-{endpoint.Name}", cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    private async Task EndRefusalAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        if (!_refused.Remove(instance.Resource))
        {
            return;
        }

        foreach (var (endpoint, _) in Proxied(instance))
        {
            await dcp.DeleteAsync<DcpEndpoint>(RefusalName(instance.Resource, endpoint), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task CreateAsync(string name, IResource resource, EndpointAnnotation endpoint, int port, CancellationToken cancellationToken)
    {
        var created = new DcpEndpoint
        {
            Metadata = new() { Name = name },
            Spec = new() { ServiceName = ResourceConfigurator.ServiceName(resource, endpoint), Address = endpoint.TargetHost, Port = port },
        };
        await dcp.CreateAsync(created, cancellationToken).ConfigureAwait(false);
    }

    private static IEnumerable<KeyValuePair<EndpointAnnotation, int>> Proxied(ResourceInstance instance) => instance.TargetPorts.Where(p => p.Key.IsProxied);

    // Where a container is published only DCP learns, which sends connections there for as long as it runs.
    private static IEnumerable<KeyValuePair<EndpointAnnotation, int>> Entered(ResourceInstance instance)
        => instance.Resource is ContainerResource ? [] : Proxied(instance);

    private static string RefusalName(IResource resource, EndpointAnnotation endpoint) => $"{resource.Name}-{endpoint.Name}-nobody";
}
