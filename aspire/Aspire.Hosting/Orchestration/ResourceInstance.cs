using System.Security.Cryptography;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>One process of a resource: a replica of a project, or the one process of an executable.</summary>
internal sealed class ResourceInstance(IResource resource, int index)
{
    private const string SuffixLetters = "abcdefghijklmnopqrstuvwxyz";
    private const int SuffixLength = 8;

    public IResource Resource { get; } = resource;

    public int Index { get; } = index;

    /// <summary>Tells replicas apart in telemetry: eight lower-case letters.</summary>
    public string Suffix { get; } = RandomNumberGenerator.GetString(SuffixLetters, SuffixLength);

    /// <summary>The name in DCP and in the dashboard.</summary>
    public string Id => $"{Resource.Name}-{Suffix}";

    /// <summary>The port that this process listens on, per endpoint.</summary>
    public Dictionary<EndpointAnnotation, int> TargetPorts { get; } = [];

    /// <summary>Whether its end is wanted; otherwise it is news.</summary>
    public bool StopRequested { get; set; }

    /// <summary>Whether it was taken out for good.</summary>
    public bool IsRetired { get; set; }

    /// <summary>Held while it is started, stopped or restarted.</summary>
    public Gate Lifecycle { get; } = new();
}
