using Aspire.Hosting.Docker.Resources.ComposeNodes;

namespace Aspire.Hosting.Docker.Resources.ServiceNodes;

/// <summary>How an image is built.</summary>
/// <remarks><see href="https://docs.docker.com/reference/compose-file/build/"/></remarks>
public sealed class Build
{
    /// <summary>The folder that the Dockerfile copies from, relative to the file.</summary>
    public string? Context { get; set; }

    /// <summary>Relative to that folder.</summary>
    public string? Dockerfile { get; set; }

    public Dictionary<string, string> Args { get; set; } = [];

    public string? Target { get; set; }
}

/// <summary>How the engine learns whether a container can do its work. Times are such as <c>30s</c>.</summary>
public sealed class Healthcheck
{
    public List<string> Test { get; set; } = [];

    public required string Interval { get; set; }

    public required string Timeout { get; set; }

    public int? Retries { get; set; }

    public required string StartPeriod { get; set; }
}

/// <summary>Where the engine puts what a container prints.</summary>
public sealed class Logging
{
    public string? Driver { get; set; }

    public Dictionary<string, string> Options { get; set; } = [];
}

/// <summary>A volume of the file, or one as a service has it.</summary>
public sealed class Volume : NamedComposeMember
{
    /// <summary>In a service, <c>volume</c> or <c>bind</c>.</summary>
    public string? Type { get; set; }

    public string? Source { get; set; }

    public string? Target { get; set; }

    public bool? ReadOnly { get; set; }

    public string? Driver { get; set; }

    public Dictionary<string, string> DriverOpts { get; set; } = [];

    public bool? External { get; set; }

    public Dictionary<string, string> Labels { get; set; } = [];
}
