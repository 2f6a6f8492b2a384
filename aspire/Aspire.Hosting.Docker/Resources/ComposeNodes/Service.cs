using Aspire.Hosting.Docker.Resources.ServiceNodes;
using Aspire.Hosting.Docker.Resources.ServiceNodes.Swarm;

namespace Aspire.Hosting.Docker.Resources.ComposeNodes;

/// <summary>A container, or several of the same.</summary>
/// <remarks><see href="https://docs.docker.com/reference/compose-file/services/"/></remarks>
public sealed class Service : NamedComposeMember
{
    public string? Image { get; set; }

    public string? ContainerName { get; set; }

    public Build? Build { get; set; }

    public List<string> Command { get; set; } = [];

    public List<string> Entrypoint { get; set; } = [];

    /// <summary>Values may have variables of the file, as in <c>${NAME:-default}</c>.</summary>
    public Dictionary<string, string> Environment { get; set; } = [];

    /// <summary><c>HOST:CONTAINER</c>, or <c>CONTAINER</c> for any port of the host.</summary>
    public List<string> Ports { get; set; } = [];

    public List<string> Expose { get; set; } = [];

    public List<Volume> Volumes { get; set; } = [];

    public Dictionary<string, ServiceDependency> DependsOn { get; set; } = [];

    public string? User { get; set; }

    public List<string> Networks { get; set; } = [];

    public string? Restart { get; set; }

    public Deploy? Deploy { get; set; }

    public Healthcheck? Healthcheck { get; set; }

    public Logging? Logging { get; set; }

    public Dictionary<string, string> Labels { get; set; } = [];

    public string? Hostname { get; set; }

    public List<string> CapAdd { get; set; } = [];

    public List<string> CapDrop { get; set; } = [];

    public Dictionary<string, string> ExtraHosts { get; set; } = [];

    /// <summary>Whether the engine's own init is the first process, so that signals arrive and no zombie stays.</summary>
    public bool? Init { get; set; }

    /// <summary>The service is left out unless one of these is asked for.</summary>
    public List<string> Profiles { get; set; } = [];

    public bool? ReadOnly { get; set; }

    public List<string> SecurityOpt { get; set; } = [];

    /// <summary>How long the service has to end after it was told to.</summary>
    public string? StopGracePeriod { get; set; }

    public string? StopSignal { get; set; }

    public List<string> Tmpfs { get; set; } = [];

    public Service AddVolume(Volume volume)
    {
        Volumes.Add(volume);
        return this;
    }

    public Service AddEnvironmentalVariable(string key, string? value)
    {
        Environment[key] = value ?? "";
        return this;
    }
}

/// <summary>What another service has to have come to first.</summary>
public sealed class ServiceDependency
{
    /// <summary><c>service_started</c>, <c>service_healthy</c> or <c>service_completed_successfully</c>.</summary>
    public string? Condition { get; set; }
}
