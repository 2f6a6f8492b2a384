namespace Aspire.Hosting.Dcp;

/// <summary>A container that DCP has the engine of this machine run. When the object is deleted, so is the container.</summary>
internal sealed record DcpContainer : DcpResource, IDcpWorkload
{
    public static DcpKind Definition { get; } = new("Container", "containers");

    public override string Kind => Definition.Name;

    public required DcpContainerSpec Spec { get; init; }

    public DcpContainerStatus? Status { get; init; }

    DcpWorkloadStatus? IDcpWorkload.Status => Status;
}

internal sealed record DcpContainerSpec
{
    /// <summary>Or, with <see cref="Build"/>, the name that the new image gets.</summary>
    public required string Image { get; init; }

    /// <summary>Builds the image first.</summary>
    public DcpContainerBuild? Build { get; init; }

    /// <summary>What the engine calls the container.</summary>
    public required string ContainerName { get; init; }

    /// <summary>Takes the place of the image's entry point.</summary>
    public string? Command { get; init; }

    public IReadOnlyList<string>? Args { get; init; }

    /// <summary>All of the environment besides the image's own. Values are Go templates, as in <see cref="DcpExecutableSpec.Env"/>.</summary>
    public IReadOnlyList<DcpEnvironmentVariable>? Env { get; init; }

    public IReadOnlyList<DcpContainerPort>? Ports { get; init; }

    public IReadOnlyList<DcpVolumeMount>? VolumeMounts { get; init; }

    public IReadOnlyList<DcpContainerNetworkConnection>? Networks { get; init; }

    /// <summary>More arguments for the engine's command, as <c>--user</c>.</summary>
    public IReadOnlyList<string>? RunArgs { get; init; }

    /// <summary><see langword="true"/> ends the container and keeps it until the object is deleted.</summary>
    public bool? Stop { get; init; }
}

/// <param name="Context">The folder that the Dockerfile copies from.</param>
/// <param name="Stage"><see langword="null"/> for the last.</param>
internal sealed record DcpContainerBuild(string Context, string Dockerfile, string? Stage, IReadOnlyList<DcpBuildArgument> Args);

/// <param name="Value"><see langword="null"/> for that of the environment.</param>
internal sealed record DcpBuildArgument(string Name, string? Value);

/// <param name="HostPort">Where it is published; <see langword="null"/> lets the engine choose.</param>
/// <param name="HostIP">The address of this machine where it is published.</param>
internal sealed record DcpContainerPort(int ContainerPort, int? HostPort, string HostIP)
{
    public const string Loopback = "127.0.0.1";

    public string Protocol { get; } = "TCP";
}

/// <param name="Type"><c>bind</c> or <c>volume</c>.</param>
internal sealed record DcpVolumeMount(string Type, string? Source, string Target, bool ReadOnly);

/// <param name="Name">A <see cref="DcpContainerNetwork"/>.</param>
/// <param name="Aliases">The names by which others on the network find the container.</param>
internal sealed record DcpContainerNetworkConnection(string Name, IReadOnlyList<string> Aliases);

internal sealed record DcpContainerStatus : DcpWorkloadStatus
{
    public string? ContainerId { get; init; }

    /// <summary>Why it could not start, in the words of the engine.</summary>
    public string? Message { get; init; }
}
