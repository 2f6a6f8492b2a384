using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dcp;

namespace Aspire.Hosting.Orchestration;

/// <summary>Projects and executables, as processes of this machine.</summary>
internal sealed class ExecutableWorkloads(DcpHost dcp, AppHostMetadata appHost) : Workloads<DcpExecutable>(dcp.Client)
{
    // src/A/A.csproj -> artifacts/bin/A/debug/A.dll, stamped into the AppHost by its build.
    private const string ProjectTargetMetadata = "aspireprojecttarget:";

    protected override IEnumerable<(DcpLogSource Source, bool IsError)> Logs => [(DcpLogSource.Stdout, false), (DcpLogSource.Stderr, true)];

    public override ImmutableArray<ResourcePropertySnapshot> Describe(ResourceInstance instance, InstanceConfiguration configuration)
    {
        var (path, workingDirectory) = Command(instance.Resource);
        return
        [
            new(KnownProperties.ExecutablePath, path),
            new(KnownProperties.ExecutableWorkDir, workingDirectory),
            new(KnownProperties.ExecutableArgs, Shown(configuration)) { IsSensitive = true },
            new(KnownProperties.AppArgs, Shown(configuration)),
            new(KnownProperties.AppArgsSensitivity, configuration.Args.Select(arg => arg.IsSecret ? 1 : 0).ToArray()),
            .. Project(instance.Resource),
        ];
    }

    /// <summary>Quicker than to stop and delete them, and their exit codes are not learned.</summary>
    public override Task RemoveAsync(IReadOnlySet<string> ids, CancellationToken cancellationToken) => dcp.StopExecutablesAsync(ids, cancellationToken);

    protected override DcpExecutable Object(ResourceInstance instance, InstanceConfiguration configuration)
    {
        var (path, workingDirectory) = Command(instance.Resource);
        return new()
        {
            Metadata = new() { Name = instance.Id, Annotations = Annotations(instance) },
            Spec = new()
            {
                ExecutablePath = path,
                WorkingDirectory = workingDirectory,
                Args = Args(configuration),
                Env = Environment(configuration),
            },
        };
    }

    private (string Path, string WorkingDirectory) Command(IResource resource)
    {
        if (resource is ExecutableResource executable)
        {
            return (executable.Command, executable.WorkingDirectory);
        }

        var project = resource.GetLastAnnotation<IProjectMetadata>().ProjectPath;
        var target = appHost[ProjectTargetMetadata + project]
            ?? throw new DistributedApplicationException($"'{resource.Name}': the AppHost has no ProjectReference to {project}; add one.");
        var program = Path.ChangeExtension(target, OperatingSystem.IsWindows() ? ".exe" : null);

        return File.Exists(program)
            ? (program, Path.GetDirectoryName(project)!)
            : throw new DistributedApplicationException($"'{resource.Name}' is not built: {program} is missing; run 'dotnet build {project}'.");
    }

    private static ResourcePropertySnapshot[] Project(IResource resource) => resource is not ProjectResource
        ? []
        :
        [
            new(KnownProperties.ProjectPath, resource.GetLastAnnotation<IProjectMetadata>().ProjectPath),
            new(KnownProperties.ProjectLaunchProfile, resource.TryGetLastAnnotation<LaunchProfileAnnotation>(out var profile) ? profile.LaunchProfileName : null),
        ];
}
