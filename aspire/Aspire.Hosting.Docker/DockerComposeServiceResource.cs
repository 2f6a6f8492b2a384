using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Docker.Resources.ComposeNodes;
using Aspire.Hosting.Publishing;

namespace Aspire.Hosting.Docker;

/// <summary>A resource as a service of Docker Compose.</summary>
public class DockerComposeServiceResource(string name, IResource resource, DockerComposeEnvironmentResource composeEnvironmentResource)
    : Resource(name), IResourceWithParent
{
    public DockerComposeEnvironmentResource Parent { get; } = composeEnvironmentResource;

    IResource IResourceWithParent.Parent => Parent;

    internal string ServiceName => NameOf(resource);

    internal async Task<Service> BuildAsync(DistributedApplicationExecutionContext executionContext, CancellationToken cancellationToken)
    {
        var service = new Service { Name = ServiceName, Image = Image() };
        if (resource.TryGetLastAnnotation<ContainerNameAnnotation>(out var containerName))
        {
            service.ContainerName = containerName.Name;
        }

        if (resource is ContainerResource { Entrypoint: { } entrypoint })
        {
            service.Entrypoint.Add(entrypoint);
        }

        foreach (var (variable, value) in await PublishedValues.EnvironmentAsync(resource, executionContext, cancellationToken).ConfigureAwait(false))
        {
            service.AddEnvironmentalVariable(variable, Text(value));
        }

        service.Command.AddRange(
            (await PublishedValues.ArgumentsAsync(resource, executionContext, cancellationToken).ConfigureAwait(false)).Select(Text));
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            var port = TargetPort(resource, endpoint);
            (endpoint.IsExternal ? service.Ports : service.Expose).Add(endpoint is { IsExternal: true, Port: { } hostPort } ? $"{hostPort}:{port}" : port);
        }

        AddVolumes(service);
        foreach (var wait in resource.Annotations.OfType<WaitAnnotation>().Where(wait => wait.Resource is IComputeResource))
        {
            // Compose could wait for a healthy one, but not every image can tell.
            service.DependsOn[NameOf(wait.Resource)] = new()
            {
                Condition = wait.WaitType is WaitType.WaitForCompletion ? "service_completed_successfully" : "service_started",
            };
        }

        return service;
    }

    private static string NameOf(IResource resource) => resource.Name.ToLowerInvariant();

    private string Image() => resource is ProjectResource || resource.HasAnnotationOfType<DockerfileBuildAnnotation>()
        ? Parent.Capture($"{DockerComposeServiceExtensions.EnvironmentName(resource.Name)}_IMAGE", $"Container image name for {resource.Name}", null, resource)
        : resource.GetLastAnnotation<ContainerImageAnnotation>().Reference;

    private string TargetPort(IResource owner, EndpointAnnotation endpoint) => endpoint.TargetPort is { } port
        ? port.ToString(CultureInfo.InvariantCulture)
        : Parent.Capture($"{DockerComposeServiceExtensions.EnvironmentName(owner.Name)}_PORT", $"Default container port for {owner.Name}", null, owner);

    private void AddVolumes(Service service)
    {
        foreach (var mount in resource.Annotations.OfType<ContainerMountAnnotation>())
        {
            if (mount is not { Type: ContainerMountType.Volume, Source: { } volume })
            {
                throw new NotSupportedException(
                    $"The mount at '{mount.Target}' of '{resource.Name}' is not supported by the local Aspire.Hosting: only named volumes are published.");
            }

            service.AddVolume(new() { Name = volume, Type = "volume", Source = volume, Target = mount.Target, ReadOnly = mount.IsReadOnly ? true : null });
        }
    }

    private string Text(object value) => value switch
    {
        ParameterResource parameter => parameter.AsEnvironmentPlaceholder(this),
        EndpointReference endpoint => Text(endpoint.Property(EndpointProperty.Url)),
        EndpointReferenceExpression expression => Text(expression),
        ReferenceExpression expression => string.Format(CultureInfo.InvariantCulture, expression.Format, [.. expression.ValueProviders.Select(Text)]),
        IResourceBuilder<IResource> builder => Text(builder.Resource),
        IManifestExpressionProvider provider => provider.AsEnvironmentPlaceholder(this),
        _ => PublishedValues.Expression(value),
    };

    private string Text(EndpointReferenceExpression expression)
    {
        var owner = expression.Endpoint.Resource;
        var endpoint = expression.Endpoint.EndpointAnnotation;
        var host = NameOf(owner);
        return expression.Property switch
        {
            EndpointProperty.Url => $"{endpoint.UriScheme}://{host}:{TargetPort(owner, endpoint)}",
            EndpointProperty.Host or EndpointProperty.IPV4Host => host,
            EndpointProperty.Port or EndpointProperty.TargetPort => TargetPort(owner, endpoint),
            EndpointProperty.Scheme => endpoint.UriScheme,
            EndpointProperty.HostAndPort => $"{host}:{TargetPort(owner, endpoint)}",
            _ => throw new NotSupportedException($"EndpointProperty.{expression.Property} is not supported by the local Aspire.Hosting where it is published."),
        };
    }
}

/// <summary>Changes the service that a resource becomes.</summary>
public sealed class DockerComposeServiceCustomizationAnnotation(Action<DockerComposeServiceResource, Service> configure) : IResourceAnnotation
{
    public Action<DockerComposeServiceResource, Service> Configure { get; } = configure;
}
