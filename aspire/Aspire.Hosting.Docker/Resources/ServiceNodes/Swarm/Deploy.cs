namespace Aspire.Hosting.Docker.Resources.ServiceNodes.Swarm;

/// <summary>How many there are of a service, and what they may use.</summary>
/// <remarks><see href="https://docs.docker.com/reference/compose-file/deploy/"/></remarks>
public sealed class Deploy
{
    public string? Mode { get; set; }

    public int? Replicas { get; set; }

    public Resources? Resources { get; set; }
}

public sealed class Resources
{
    /// <summary>What it cannot have more than.</summary>
    public ResourceSpec? Limits { get; set; }

    /// <summary>What it is sure to have.</summary>
    public ResourceSpec? Reservations { get; set; }
}

public sealed class ResourceSpec
{
    public string? Cpus { get; set; }

    public string? Memory { get; set; }
}
