using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>The instances of everything that runs as processes or containers.</summary>
internal sealed class ReplicaSets
{
    private readonly Dictionary<IResource, ReplicaSet> _sets = [];

    public IReadOnlyCollection<IResource> Resources => _sets.Keys;

    public IEnumerable<ResourceInstance> All => _sets.Values.SelectMany(set => set.Instances);

    public ReplicaSet this[IResource resource] => _sets[resource];

    /// <summary>Makes the instances that the model asks for. Nothing else may be called meanwhile.</summary>
    public void Add(IResource resource) => _sets.Add(resource, new(resource));

    public bool Has(IResource resource) => _sets.ContainsKey(resource);

    /// <summary>The row below which a resource is shown: that of its parent, or of the first replica of it; null for none.</summary>
    public string? ParentRow(IResource resource)
    {
        var parent = (resource as IResourceWithParent)?.Parent ?? resource.Annotations.OfType<ResourceRelationshipAnnotation>()
            .LastOrDefault(relationship => relationship.Type == KnownRelationships.Parent)?.Resource;
        return parent is null ? null : _sets.TryGetValue(parent, out var set) && set.Instances is [var first, ..] ? first.Id : parent.Name;
    }

    /// <summary>Where one instance listens; for those whose own port is not known, where all of them do.</summary>
    public Uri AddressOf(string id, EndpointReference endpoint)
        => All.FirstOrDefault(instance => instance.Id == id) is { Resource: not ContainerResource } instance
            && instance.TargetPorts.TryGetValue(endpoint.EndpointAnnotation, out var port)
            ? new($"{endpoint.Scheme}://{endpoint.EndpointAnnotation.TargetHost}:{port}")
            : new(endpoint.Url);

    /// <summary>How many instances the resource has.</summary>
    public int CountOf(IResource resource) => _sets.TryGetValue(resource, out var set) ? set.Instances.Length : resource.GetReplicaCount();
}

/// <summary>The instances of one resource, more or fewer as it is scaled.</summary>
internal sealed class ReplicaSet(IResource resource)
{
    private ImmutableArray<ResourceInstance> _instances =
        [.. Enumerable.Range(0, resource.GetReplicaCount()).Select(index => new ResourceInstance(resource, index))];

    public IResource Resource { get; } = resource;

    /// <summary>In the order in which they were made.</summary>
    public ImmutableArray<ResourceInstance> Instances => _instances;

    /// <summary>Held while it is scaled.</summary>
    public Gate Scaling { get; } = new();

    public ResourceInstance Add()
    {
        var instance = new ResourceInstance(Resource, _instances.Select(other => other.Index + 1).DefaultIfEmpty().Max());
        ImmutableInterlocked.Update(ref _instances, instances => instances.Add(instance));
        return instance;
    }

    public void Remove(ResourceInstance instance) => ImmutableInterlocked.Update(ref _instances, instances => instances.Remove(instance));
}
