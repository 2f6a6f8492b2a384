using System.Text.Json;

namespace Aspire.Hosting.Dcp;

/// <summary>How DCP refuses a request.</summary>
/// <remarks><see href="https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/"/></remarks>
internal sealed record DcpStatus(string? Message, string? Reason, DcpStatusDetails? Details);

internal sealed record DcpStatusDetails(IReadOnlyList<DcpStatusCause>? Causes);

internal sealed record DcpStatusCause(string? Field, string? Message);

/// <summary>A line of a watch: <c>{"type":"ADDED","object":{…}}</c>; that of type <c>ERROR</c> is a <see cref="DcpStatus"/>.</summary>
internal sealed record DcpWatchEvent(string Type, JsonElement Object);

/// <summary>DCP's own state, at <c>/admin/execution</c>.</summary>
internal sealed record DcpExecution(string Status, string ShutdownResourceCleanup)
{
    public const string Stopping = "Stopping";

    /// <summary>DCP stops what is left before it goes.</summary>
    public const string FullCleanup = "Full";

    /// <summary>DCP goes at once: nothing is left to stop.</summary>
    public const string NoCleanup = "None";
}
