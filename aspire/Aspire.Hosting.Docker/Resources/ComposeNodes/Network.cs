using YamlDotNet.Serialization;

namespace Aspire.Hosting.Docker.Resources.ComposeNodes;

/// <summary>Something that has its name as its key.</summary>
public abstract class NamedComposeMember
{
    [YamlIgnore]
    public required string Name { get; set; }
}

/// <summary>A network of containers.</summary>
/// <remarks><see href="https://docs.docker.com/reference/compose-file/networks/"/></remarks>
public sealed class Network : NamedComposeMember
{
    public string? Driver { get; set; }

    public Dictionary<string, string> DriverOpts { get; set; } = [];

    public bool? External { get; set; }

    /// <summary>Whether there is no way out of it.</summary>
    public bool? Internal { get; set; }

    public bool? Attachable { get; set; }

    public Dictionary<string, string> Labels { get; set; } = [];
}
