using System.Net.Sockets;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>An address that a resource listens on.</summary>
public sealed class EndpointAnnotation : IResourceAnnotation
{
    private string? _transport;
    private int? _targetPort;

    public EndpointAnnotation(
        ProtocolType protocol, string? uriScheme = null, string? transport = null, string? name = null,
        int? port = null, int? targetPort = null, bool? isExternal = null, bool? isProxied = null)
    {
        Protocol = protocol;
        UriScheme = uriScheme ?? protocol.ToString().ToLowerInvariant();
        _transport = transport;
        Name = name ?? UriScheme;
        Port = port;
        _targetPort = targetPort;
        IsExternal = isExternal ?? false;
        IsProxied = isProxied ?? true;
        IsExplicitlyProxied = isProxied;
    }

    public string Name { get; set; }

    public ProtocolType Protocol { get; set; }

    /// <summary>The port that clients use; null lets DCP choose one.</summary>
    public int? Port { get; set; }

    /// <summary>The port the process itself listens on; for an endpoint without proxy the same as <see cref="Port"/>.</summary>
    public int? TargetPort
    {
        get => _targetPort ?? (IsProxied ? null : Port);
        set => _targetPort = value;
    }

    public string TargetHost { get; set; } = KnownHostNames.Localhost;

    public string UriScheme { get; set; }

    public string Transport
    {
        get => _transport ?? (UriScheme is "http" or "https" ? "http" : Protocol.ToString().ToLowerInvariant());
        set => _transport = value;
    }

    public bool IsExternal { get; set; }

    /// <summary>Whether DCP listens on <see cref="Port"/> and forwards connections to the replicas.</summary>
    public bool IsProxied { get; set; }

    public bool? IsExplicitlyProxied { get; set; }

    public bool ExcludeReferenceEndpoint { get; set; }

    /// <summary>The setting that the port comes from, if one does; for messages.</summary>
    internal string? Setting { get; init; }

    /// <summary>Where clients reach the endpoint; set once the application starts.</summary>
    public AllocatedEndpoint? AllocatedEndpoint { get; set; }

    /// <summary>Where containers reach it, if it is of a process; set once the application starts. The first to ask makes the way there.</summary>
    internal Func<CancellationToken, Task<AllocatedEndpoint>>? ForContainers { get; set; }
}

/// <summary>The address and port that an endpoint got.</summary>
public class AllocatedEndpoint(EndpointAnnotation endpoint, string address, int port, string? targetPortExpression = null)
{
    public EndpointAnnotation Endpoint { get; } = endpoint;

    public string Address { get; } = address;

    public int Port { get; } = port;

    /// <summary>A DCP template that yields, inside one replica, the port it has to listen on.</summary>
    public string? TargetPortExpression { get; } = targetPortExpression;

    public string UriScheme => Endpoint.UriScheme;

    public string EndPointString => $"{Address}:{Port}";

    public string UriString => $"{UriScheme}://{EndPointString}";

    public override string ToString() => UriString;
}

public static class KnownHostNames
{
    public const string Localhost = "localhost";

    /// <summary>The name of this machine for containers.</summary>
    public const string DefaultContainerTunnelHostName = "aspire.dev.internal";
}
