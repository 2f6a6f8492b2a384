namespace Aspire.Hosting.Dcp;

/// <summary>
/// Where one process serves a service. Created for it when it is healthy; DCP itself makes one only from a
/// <see cref="DcpServiceProducer"/> annotation.
/// </summary>
internal sealed record DcpEndpoint : DcpResource, IDcpResource
{
    public static DcpKind Definition { get; } = new("Endpoint", "endpoints");

    public override string Kind => Definition.Name;

    public required DcpEndpointSpec Spec { get; init; }
}

internal sealed record DcpEndpointSpec
{
    public required string ServiceName { get; init; }

    public required string Address { get; init; }

    public required int Port { get; init; }
}
