namespace Aspire.Hosting.ApplicationModel;

/// <summary>Holds a resource back until another has come far enough.</summary>
public sealed class WaitAnnotation(IResource resource, WaitType waitType, int exitCode = 0) : IResourceAnnotation
{
    public IResource Resource { get; } = resource;

    public WaitType WaitType { get; } = waitType;

    public int ExitCode { get; } = exitCode;

    public WaitBehavior? WaitBehavior { get; init; }
}

public enum WaitType
{
    WaitUntilHealthy = 0,
    WaitForCompletion = 1,
    WaitUntilStarted = 2,
}

public enum WaitBehavior
{
    WaitOnResourceUnavailable = 0,
    StopOnResourceUnavailable = 1,
}

/// <summary>Names a registered health check that tells whether the resource is healthy.</summary>
public class HealthCheckAnnotation(string key) : IResourceAnnotation
{
    public string Key { get; } = key;
}

/// <summary>Marks a resource that is started only when somebody asks for it.</summary>
public sealed class ExplicitStartupAnnotation : IResourceAnnotation;

/// <summary>Marks a resource that sends telemetry to the dashboard.</summary>
public class OtlpExporterAnnotation : IResourceAnnotation;

/// <summary>An HTTP health check. Unlike a check by key it is made of each replica at its own address.</summary>
internal sealed class HttpHealthCheckAnnotation(IResourceWithEndpoints resource, string path, int statusCode, string? endpointName)
    : HealthCheckAnnotation($"{resource.Name}_{endpointName ?? "http"}_{path}_{statusCode}_check")
{
    public string Path { get; } = path;

    public int StatusCode { get; } = statusCode;

    /// <summary>The endpoint to ask, found late because it may be added after the check.</summary>
    public EndpointAnnotation Endpoint()
    {
        var endpoints = resource.Annotations.OfType<EndpointAnnotation>().ToArray();
        return (endpointName is null
                ? endpoints.FirstOrDefault(e => e.Name == "http") ?? endpoints.FirstOrDefault(e => e.Name == "https")
                : endpoints.FirstOrDefault(e => string.Equals(e.Name, endpointName, StringComparison.OrdinalIgnoreCase)))
            ?? throw new DistributedApplicationException(
                $"The HTTP health check of '{resource.Name}' needs an endpoint named '{endpointName ?? "http"}': add one with WithHttpEndpoint.");
    }
}
