using System.Globalization;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A named endpoint of a resource, to be resolved once it has an address.</summary>
public sealed class EndpointReference : IExpressionValue, IValueWithReferences
{
    private EndpointAnnotation? _endpoint;

    public EndpointReference(IResourceWithEndpoints owner, string endpointName)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentException.ThrowIfNullOrEmpty(endpointName);
        Resource = owner;
        EndpointName = endpointName;
    }

    public EndpointReference(IResourceWithEndpoints owner, EndpointAnnotation endpoint) : this(owner, endpoint.Name) => _endpoint = endpoint;

    public IResourceWithEndpoints Resource { get; }

    public string EndpointName { get; }

    public EndpointAnnotation EndpointAnnotation => Find()
        ?? throw new InvalidOperationException($"Resource '{Resource.Name}' has no endpoint named '{EndpointName}'.");

    public bool Exists => Find() is not null;

    public bool IsAllocated => Find()?.AllocatedEndpoint is not null;

    public bool IsHttp => Scheme == "http";

    public bool IsHttps => Scheme == "https";

    public string Scheme => EndpointAnnotation.UriScheme;

    public int? TargetPort => EndpointAnnotation.TargetPort;

    public string Host => Allocated.Address;

    public int Port => Allocated.Port;

    public string Url => Allocated.UriString;

    string IManifestExpressionProvider.ValueExpression => Property(EndpointProperty.Url).ValueExpression;

    IEnumerable<object> IValueWithReferences.References => [Resource];

    private AllocatedEndpoint Allocated => EndpointAnnotation.AllocatedEndpoint ?? throw NoAddress();

    public EndpointReferenceExpression Property(EndpointProperty property) => new(this, property);

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => Property(EndpointProperty.Url).GetValueAsync(cancellationToken);

    private EndpointAnnotation? Find() => _endpoint ??= Resource.Annotations.OfType<EndpointAnnotation>()
        .SingleOrDefault(e => string.Equals(e.Name, EndpointName, StringComparison.OrdinalIgnoreCase));

    ValueTask<string?> IValueProvider.GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken)
        => ((IValueProvider)Property(EndpointProperty.Url)).GetValueAsync(context, cancellationToken);

    /// <summary>One part of the endpoint, once it has an address.</summary>
    /// <param name="caller">Who is going to use it, if that is known.</param>
    internal async ValueTask<string> ResolveAsync(EndpointProperty property, IResource? caller, CancellationToken cancellationToken) => caller switch
    {
        ContainerResource when Resource is ContainerResource => ResolveInNetwork(property),
        ContainerResource => ResolveInContainer(property, await ForContainersAsync(cancellationToken).ConfigureAwait(false)),
        _ => Resolve(property),
    };

    private string Resolve(EndpointProperty property) => property switch
    {
        EndpointProperty.Url => Url,
        EndpointProperty.Host => Host,
        EndpointProperty.IPV4Host => "127.0.0.1",
        EndpointProperty.Port => Port.ToString(CultureInfo.InvariantCulture),
        EndpointProperty.Scheme => Scheme,
        EndpointProperty.TargetPort => Allocated.TargetPortExpression ?? TargetPort?.ToString(CultureInfo.InvariantCulture)
            ?? Port.ToString(CultureInfo.InvariantCulture),
        EndpointProperty.HostAndPort => Allocated.EndPointString,
        _ => throw NotSupported(property),
    };

    private Task<AllocatedEndpoint> ForContainersAsync(CancellationToken cancellationToken)
        => EndpointAnnotation.ForContainers?.Invoke(cancellationToken) ?? throw NoAddress();

    private string ResolveInContainer(EndpointProperty property, AllocatedEndpoint way) => property switch
    {
        EndpointProperty.Url => way.UriString,
        EndpointProperty.Host or EndpointProperty.IPV4Host => way.Address,
        EndpointProperty.Port => way.Port.ToString(CultureInfo.InvariantCulture),
        EndpointProperty.HostAndPort => way.EndPointString,
        EndpointProperty.Scheme or EndpointProperty.TargetPort => Resolve(property),
        _ => throw NotSupported(property),
    };

    // On their network containers find each other by name.
    private string ResolveInNetwork(EndpointProperty property)
    {
        var port = TargetPort?.ToString(CultureInfo.InvariantCulture);
        return property switch
        {
            EndpointProperty.Url => $"{Scheme}://{Resource.Name}:{port}",
            EndpointProperty.Host or EndpointProperty.IPV4Host => Resource.Name,
            EndpointProperty.Port or EndpointProperty.TargetPort => port!,
            EndpointProperty.Scheme => Scheme,
            EndpointProperty.HostAndPort => $"{Resource.Name}:{port}",
            _ => throw NotSupported(property),
        };
    }

    private InvalidOperationException NoAddress()
        => new($"Endpoint '{EndpointName}' of '{Resource.Name}' has no address before the application starts.");

    private static NotSupportedException NotSupported(EndpointProperty property)
        => new($"EndpointProperty.{property} is not supported by the local Aspire.Hosting.");
}

public enum EndpointProperty
{
    Url = 0,
    Host = 1,
    IPV4Host = 2,
    Port = 3,
    Scheme = 4,
    TargetPort = 5,
    HostAndPort = 6,
}

/// <summary>One part of an endpoint's address as a value.</summary>
public class EndpointReferenceExpression(EndpointReference endpointReference, EndpointProperty property) : IExpressionValue, IValueWithReferences
{
    public EndpointReference Endpoint { get; } = endpointReference;

    public EndpointProperty Property { get; } = property;

    public string ValueExpression => $"{{{Endpoint.Resource.Name}.bindings.{Endpoint.EndpointName}.{ManifestName}}}";

    IEnumerable<object> IValueWithReferences.References => [Endpoint];

    private string ManifestName => Property switch
    {
        EndpointProperty.IPV4Host => "host",
        EndpointProperty.TargetPort => "targetPort",
        EndpointProperty.HostAndPort => "hostAndPort",
        _ => Property.ToString().ToLowerInvariant(),
    };

    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default)
        => await Endpoint.ResolveAsync(Property, caller: null, cancellationToken).ConfigureAwait(false);

    async ValueTask<string?> IValueProvider.GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken)
        => await Endpoint.ResolveAsync(Property, context.Caller, cancellationToken).ConfigureAwait(false);
}
