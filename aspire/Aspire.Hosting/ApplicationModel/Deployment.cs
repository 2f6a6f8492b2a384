namespace Aspire.Hosting.ApplicationModel;

/// <summary>A resource that computes: a service where it is deployed.</summary>
public interface IComputeResource : IResource;

/// <summary>Where resources are deployed to.</summary>
public interface IComputeEnvironmentResource : IResource;

/// <summary>What a resource is where it is deployed.</summary>
public sealed class DeploymentTargetAnnotation(IResource target) : IResourceAnnotation
{
    public IResource DeploymentTarget { get; set; } = target;

    public IComputeEnvironmentResource? ComputeEnvironment { get; set; }
}

/// <summary>Makes a container from a Dockerfile, and not from an image that exists.</summary>
public class DockerfileBuildAnnotation(string contextPath, string dockerfilePath, string? stage) : IResourceAnnotation
{
    /// <summary>The folder that the Dockerfile copies from.</summary>
    public string ContextPath { get; } = contextPath;

    public string DockerfilePath { get; } = dockerfilePath;

    /// <summary>Null for the last.</summary>
    public string? Stage { get; } = stage;

    public Dictionary<string, object?> BuildArguments { get; } = [];

    /// <summary>What the image is called that is built, if not as the container's own.</summary>
    public string? ImageName { get; set; }

    public string? ImageTag { get; set; }
}

/// <summary>Has a project not believe the <c>X-Forwarded-…</c> headers of whoever calls it, where it is deployed.</summary>
public sealed class DisableForwardedHeadersAnnotation : IResourceAnnotation;
