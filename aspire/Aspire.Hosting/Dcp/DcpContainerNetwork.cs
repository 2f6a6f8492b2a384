namespace Aspire.Hosting.Dcp;

/// <summary>A network of the engine, on which containers know each other by name.</summary>
internal sealed record DcpContainerNetwork : DcpResource, IDcpResource
{
    public static DcpKind Definition { get; } = new("ContainerNetwork", "containernetworks");

    public override string Kind => Definition.Name;

    public required DcpContainerNetworkSpec Spec { get; init; }
}

/// <param name="NetworkName">What the engine calls it.</param>
internal sealed record DcpContainerNetworkSpec(string NetworkName);
