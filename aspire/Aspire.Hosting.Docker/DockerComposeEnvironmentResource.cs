using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Docker.Resources;
using Aspire.Hosting.Pipelines;

namespace Aspire.Hosting.Docker;

/// <summary>Docker Compose as where the application is deployed to.</summary>
public class DockerComposeEnvironmentResource : Resource, IComputeEnvironmentResource
{
    public DockerComposeEnvironmentResource(string name) : base(name) => Annotations.Add(new PipelineStepAnnotation(_ =>
    [
        new()
        {
            Name = $"prepare-deployment-targets-{name}",
            Action = PrepareAsync,
            RequiredBySteps = [WellKnownPipelineSteps.BeforeStart],
        },
        new()
        {
            Name = $"publish-{name}",
            Description = $"Writes docker-compose.yaml and .env for {name}.",
            Action = context => new ComposeWriter(this, context).WriteAsync(),
            RequiredBySteps = [WellKnownPipelineSteps.Publish],
        },
    ]));

    /// <summary>The network that all services are on; by default <c>aspire</c>.</summary>
    public string? DefaultNetworkName { get; set; }

    /// <summary>Whether a dashboard is deployed as well. It is by default, but not supported here: it has to be <c>false</c>.</summary>
    public bool DashboardEnabled { get; set; } = true;

    internal Action<ComposeFile>? ConfigureComposeFile { get; set; }

    internal Action<IDictionary<string, CapturedEnvironmentVariable>>? ConfigureEnvFile { get; set; }

    /// <summary>The variables of the Compose file, by name.</summary>
    internal Dictionary<string, CapturedEnvironmentVariable> CapturedEnvironmentVariables { get; } = [];

    internal string Capture(string name, string? description, object? source, IResource? resource = null)
    {
        CapturedEnvironmentVariables.TryAdd(name, new() { Name = name, Description = description, Source = source, Resource = resource });
        return $"${{{name}}}";
    }

    private Task PrepareAsync(PipelineStepContext context)
    {
        if (DashboardEnabled)
        {
            throw new NotSupportedException(
                "DockerComposeEnvironmentResource.DashboardEnabled is not supported by the local Aspire.Hosting: call WithDashboard(false).");
        }

        foreach (var resource in context.Model.Resources.Where(resource => resource is IComputeResource).ToArray())
        {
            var service = new DockerComposeServiceResource(resource.Name, resource, this);
            resource.Annotations.Add(new DeploymentTargetAnnotation(service) { ComputeEnvironment = this });
        }

        return Task.CompletedTask;
    }
}

/// <summary>A variable of the Compose file.</summary>
public sealed class CapturedEnvironmentVariable
{
    public required string Name { get; init; }

    /// <summary>The comment above it in <c>.env</c>.</summary>
    public string? Description { get; set; }

    public string? DefaultValue { get; set; }

    /// <summary>What it stands for, such as a <see cref="ParameterResource"/>.</summary>
    public object? Source { get; set; }

    public IResource? Resource { get; set; }
}
