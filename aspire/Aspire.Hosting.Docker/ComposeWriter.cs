using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Docker.Resources;
using Aspire.Hosting.Pipelines;
using Aspire.Hosting.Publishing;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Docker;

/// <summary>Writes <c>docker-compose.yaml</c> and, beside it, the <c>.env</c> with its variables.</summary>
internal sealed class ComposeWriter(DockerComposeEnvironmentResource environment, PipelineStepContext context)
{
    public async Task WriteAsync()
    {
        var file = await BuildAsync().ConfigureAwait(false);
        environment.ConfigureComposeFile?.Invoke(file);
        environment.ConfigureEnvFile?.Invoke(environment.CapturedEnvironmentVariables);

        var output = context.Services.GetRequiredService<IPipelineOutputService>();
        var folder = context.Model.Resources.OfType<IComputeEnvironmentResource>().Count() > 1
            ? output.GetOutputDirectory(environment)
            : output.GetOutputDirectory();
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "docker-compose.yaml");
        await File.WriteAllTextAsync(path, file.ToYaml(), context.CancellationToken).ConfigureAwait(false);
        if (environment.CapturedEnvironmentVariables.Count > 0)
        {
            new EnvFile(Path.Combine(folder, ".env")).AddMissing(environment.CapturedEnvironmentVariables.Values);
        }

        PublishingLog.Wrote(context.Logger, path);
    }

    private async Task<ComposeFile> BuildAsync()
    {
        var file = new ComposeFile();
        var network = environment.DefaultNetworkName ?? "aspire";
        file.AddNetwork(new() { Name = network, Driver = "bridge" });
        foreach (var resource in context.Model.Resources)
        {
            if (resource.Annotations.OfType<DeploymentTargetAnnotation>().FirstOrDefault(target => target.ComputeEnvironment == environment)
                is not { DeploymentTarget: DockerComposeServiceResource target })
            {
                continue;
            }

            var service = await target.BuildAsync(context.ExecutionContext, context.CancellationToken).ConfigureAwait(false);
            service.Networks.Add(network);
            foreach (var volume in service.Volumes.Where(volume => !file.Volumes.ContainsKey(volume.Name)))
            {
                file.AddVolume(new() { Name = volume.Name, Driver = "local" });
            }

            foreach (var annotation in resource.Annotations.OfType<DockerComposeServiceCustomizationAnnotation>())
            {
                annotation.Configure(target, service);
            }

            file.AddService(service);
        }

        return file;
    }
}
