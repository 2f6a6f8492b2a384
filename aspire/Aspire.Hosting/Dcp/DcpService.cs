using System.Text.Json.Serialization;

namespace Aspire.Hosting.Dcp;

/// <summary>
/// An address in front of the processes that produce the service. DCP listens there itself and spreads TCP connections over them,
/// so the port is known before any process starts.
/// </summary>
internal sealed record DcpService : DcpResource, IDcpResource
{
    public static DcpKind Definition { get; } = new("Service", "services");

    public override string Kind => Definition.Name;

    public required DcpServiceSpec Spec { get; init; }

    public DcpServiceStatus? Status { get; init; }

    /// <summary>The port that clients use; <see langword="null"/> until DCP has allocated it. A proxyless service brings its own.</summary>
    [JsonIgnore]
    public int? EffectivePort => Spec.AddressAllocationMode == DcpAddressAllocation.Proxyless ? Spec.Port : Status?.EffectivePort;
}

internal sealed record DcpServiceSpec
{
    public string Address { get; init; } = "localhost";

    /// <summary><see langword="null"/> lets DCP choose a free one.</summary>
    public int? Port { get; init; }

    public string Protocol { get; init; } = "TCP";

    /// <summary>One of <see cref="DcpAddressAllocation"/>.</summary>
    public string AddressAllocationMode { get; init; } = DcpAddressAllocation.Localhost;
}

internal sealed record DcpServiceStatus
{
    /// <summary><c>Ready</c> once a process serves it, else <c>NotReady</c>.</summary>
    public string? State { get; init; }

    public string? EffectiveAddress { get; init; }

    /// <summary>Set once allocated, before the service is ready. It stays unset when the wanted port is taken.</summary>
    public int? EffectivePort { get; init; }
}

internal static class DcpAddressAllocation
{
    public const string Localhost = "Localhost";
    public const string IPv4Loopback = "IPv4Loopback";

    /// <summary>No listener of DCP's: clients talk to the process at the service's fixed port.</summary>
    public const string Proxyless = "Proxyless";
}
