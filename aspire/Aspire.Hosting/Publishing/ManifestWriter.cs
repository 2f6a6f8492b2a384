using System.Text.Encodings.Web;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Pipelines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Aspire.Hosting.Publishing;

/// <summary>Writes the model as <c>aspire-manifest.json</c>, in which values are expressions over its resources.</summary>
/// <remarks><see href="https://learn.microsoft.com/dotnet/aspire/deployment/manifest-format"/></remarks>
internal sealed class ManifestWriter(Utf8JsonWriter json, string folder, DistributedApplicationExecutionContext executionContext, CancellationToken cancellationToken)
{
    public const string Step = "publish-manifest";
    private const string FileName = "aspire-manifest.json";

    // As it is read by people: a quote in an expression is no danger outside of HTML.
    private static readonly JsonWriterOptions Format = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="DistributedApplicationException">There is no <c>--output-path</c>.</exception>
    public static async Task WriteAsync(PipelineStepContext context)
    {
        var output = context.Services.GetRequiredService<IOptions<PipelineOptions>>().Value.OutputPath
            ?? throw new DistributedApplicationException($"--output-path is not set; it is the file to write, as in --output-path {FileName}.");
        var path = Path.GetFullPath(output.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? output : Path.Combine(output, FileName));
        var folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder);

        using var stream = new MemoryStream();
        await using (var json = new Utf8JsonWriter(stream, Format))
        {
            await new ManifestWriter(json, folder, context.ExecutionContext, context.CancellationToken).WriteAsync(context.Model).ConfigureAwait(false);
        }

        stream.WriteByte((byte)'\n');
        await File.WriteAllBytesAsync(path, stream.ToArray(), context.CancellationToken).ConfigureAwait(false);
        PublishingLog.Wrote(context.Logger, path);
    }

    private async Task WriteAsync(DistributedApplicationModel model)
    {
        json.WriteStartObject();
        json.WriteStartObject("resources");
        foreach (var resource in model.Resources)
        {
            json.WriteStartObject(resource.Name);
            await WriteAsync(resource).ConfigureAwait(false);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private async Task WriteAsync(IResource resource)
    {
        switch (resource)
        {
            case ParameterResource parameter:
                ManifestParameters.Write(json, parameter);
                return;
            case ProjectResource project:
                json.WriteString("type", project.HasAnnotationOfType<DeploymentTargetAnnotation>() ? "project.v1" : "project.v0");
                json.WriteString("path", Relative(project.Annotations.OfType<IProjectMetadata>().Last().ProjectPath));
                break;
            case ContainerResource container:
                WriteContainer(container);
                break;
            case ExecutableResource executable:
                json.WriteString("type", "executable.v0");
                json.WriteString("workingDirectory", Relative(executable.WorkingDirectory));
                json.WriteString("command", executable.Command);
                break;
            default:
                json.WriteString("error", "This resource does not support generation in the manifest.");
                return;
        }

        await WriteArgumentsAsync(resource).ConfigureAwait(false);
        WriteMounts(resource);
        await WriteEnvironmentAsync(resource).ConfigureAwait(false);
        WriteBindings(resource);
    }

    private void WriteContainer(ContainerResource container)
    {
        if (container.TryGetLastAnnotation<DockerfileBuildAnnotation>(out var build))
        {
            json.WriteString("type", "container.v1");
            json.WriteStartObject("build");
            json.WriteString("context", Relative(build.ContextPath));
            json.WriteString("dockerfile", Relative(build.DockerfilePath));
            if (build.Stage is { } stage)
            {
                json.WriteString("stage", stage);
            }

            json.WriteEndObject();
        }
        else
        {
            json.WriteString("type", container.HasAnnotationOfType<DeploymentTargetAnnotation>() ? "container.v1" : "container.v0");
            json.WriteString("image", container.GetLastAnnotation<ContainerImageAnnotation>().Reference);
        }

        if (container.Entrypoint is { } entrypoint)
        {
            json.WriteString("entrypoint", entrypoint);
        }
    }

    private async Task WriteArgumentsAsync(IResource resource)
    {
        var arguments = await PublishedValues.ArgumentsAsync(resource, executionContext, cancellationToken).ConfigureAwait(false);
        if (arguments.Count > 0)
        {
            json.WriteStartArray("args");
            foreach (var argument in arguments)
            {
                json.WriteStringValue(PublishedValues.Expression(argument));
            }

            json.WriteEndArray();
        }
    }

    private void WriteMounts(IResource resource)
    {
        foreach (var (name, source, type) in new[] { ("bindMounts", "source", ContainerMountType.BindMount), ("volumes", "name", ContainerMountType.Volume) })
        {
            var mounts = resource.Annotations.OfType<ContainerMountAnnotation>().Where(mount => mount.Type == type).ToArray();
            if (mounts.Length == 0)
            {
                continue;
            }

            json.WriteStartArray(name);
            foreach (var mount in mounts)
            {
                json.WriteStartObject();
                if (mount.Source is { } path)
                {
                    json.WriteString(source, type is ContainerMountType.BindMount ? Relative(path) : path);
                }

                json.WriteString("target", mount.Target);
                json.WriteBoolean("readOnly", mount.IsReadOnly);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }
    }

    private async Task WriteEnvironmentAsync(IResource resource)
    {
        var environment = await PublishedValues.EnvironmentAsync(resource, executionContext, cancellationToken).ConfigureAwait(false);
        if (environment.Count > 0)
        {
            json.WriteStartObject("env");
            foreach (var (name, value) in environment)
            {
                json.WriteString(name, PublishedValues.Expression(value));
            }

            json.WriteEndObject();
        }
    }

    private void WriteBindings(IResource resource)
    {
        var endpoints = resource.Annotations.OfType<EndpointAnnotation>().ToArray();
        if (endpoints.Length == 0)
        {
            return;
        }

        json.WriteStartObject("bindings");
        foreach (var endpoint in endpoints)
        {
            json.WriteStartObject(endpoint.Name);
            json.WriteString("scheme", endpoint.UriScheme);
            json.WriteString("protocol", endpoint.Protocol.ToString().ToLowerInvariant());
            json.WriteString("transport", endpoint.Transport);
            if (endpoint.Port is { } port && port != endpoint.TargetPort)
            {
                json.WriteNumber("port", port);
            }

            if (endpoint.TargetPort is { } targetPort)
            {
                json.WriteNumber("targetPort", targetPort);
            }

            if (endpoint.IsExternal)
            {
                json.WriteBoolean("external", true);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private string Relative(string path) => Path.GetRelativePath(folder, path).Replace('\\', '/');
}
