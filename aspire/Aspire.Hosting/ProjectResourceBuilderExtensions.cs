using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static class ProjectResourceBuilderExtensions
{
    /// <summary>Adds a project of the solution, with the endpoints and the environment of its first launch profile.</summary>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name)
        where TProject : IProjectMetadata, new() => builder.AddProject(name, new TProject(), _ => { });

    /// <param name="launchProfileName">The launch profile to use; null for none.</param>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name, string? launchProfileName)
        where TProject : IProjectMetadata, new() => builder.AddProject(name, new TProject(), options =>
        {
            options.LaunchProfileName = launchProfileName;
            options.ExcludeLaunchProfile = launchProfileName is null;
        });

    public static IResourceBuilder<ProjectResource> AddProject<TProject>(
        this IDistributedApplicationBuilder builder, string name, Action<ProjectResourceOptions> configure)
        where TProject : IProjectMetadata, new() => builder.AddProject(name, new TProject(), configure);

    /// <summary>Runs the project in that many identical processes behind the same endpoints.</summary>
    public static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> builder, int replicas)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(replicas);
        return builder.WithAnnotation(new ReplicaAnnotation(replicas), ResourceAnnotationMutationBehavior.Replace);
    }

    /// <summary>Has the project, where it is deployed, not believe the <c>X-Forwarded-…</c> headers of whoever calls it.</summary>
    public static IResourceBuilder<ProjectResource> DisableForwardedHeaders(this IResourceBuilder<ProjectResource> builder)
        => builder.WithAnnotation(new DisableForwardedHeadersAnnotation(), ResourceAnnotationMutationBehavior.Replace);

    private static IResourceBuilder<ProjectResource> AddProject(
        this IDistributedApplicationBuilder builder, string name, IProjectMetadata metadata, Action<ProjectResourceOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);

        var options = new ProjectResourceOptions();
        configure(options);

        var project = builder.AddResource(new ProjectResource(name))
            .WithAnnotation(metadata)
            .WithAnnotation(new OtlpExporterAnnotation());

        if (options.ExcludeLaunchProfile)
        {
            return project.WithAnnotation(new ExcludeLaunchProfileAnnotation());
        }

        var ofAppHost = builder.Configuration["AppHost:DefaultLaunchProfileName"] ?? builder.Configuration["DOTNET_LAUNCH_PROFILE"];
        if (ProjectLaunchProfile.Find(metadata, options.LaunchProfileName, ofAppHost) is not { } launch)
        {
            return project;
        }

        project.WithAnnotation(new LaunchProfileAnnotation(launch.Name));
        foreach (var url in launch.Profile.ApplicationUrl?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [])
        {
            if (builder.ExecutionContext.IsPublishMode)
            {
                throw new NotSupportedException(
                    $"Launch profile '{launch.Name}' of '{name}' has an applicationUrl, which is not supported by the local Aspire.Hosting where it publishes.");
            }

            var address = BindingAddress(url, launch.Name, metadata.ProjectPath);
            project.WithAnnotation(new EndpointAnnotation(ProtocolType.Tcp, address.Scheme, port: address.Port));
        }

        // It is for this machine, and for development.
        return builder.ExecutionContext.IsPublishMode ? project : project.WithArgs([.. launch.Arguments()]).WithEnvironment(context =>
        {
            foreach (var (variable, value) in launch.Profile.EnvironmentVariables)
            {
                context.EnvironmentVariables.TryAdd(variable, value);
            }
        });
    }

    private static Uri BindingAddress(string url, string profile, string projectPath)
        => Uri.TryCreate(url, UriKind.Absolute, out var address)
            ? address
            : throw new DistributedApplicationException($"'{url}' in launch profile '{profile}' of {projectPath} is not a URL such as http://localhost:5000.");
}

public class ProjectResourceOptions
{
    /// <summary>The launch profile to use; by default the first that starts the project.</summary>
    public string? LaunchProfileName { get; set; }

    public bool ExcludeLaunchProfile { get; set; }
}
