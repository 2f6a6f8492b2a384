using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Docker;
using Aspire.Hosting.Docker.Resources.ComposeNodes;

namespace Aspire.Hosting;

public static class DockerComposeServiceExtensions
{
    /// <summary>Changes the service that a resource becomes. Where the application runs this is without effect.</summary>
    public static IResourceBuilder<T> PublishAsDockerComposeService<T>(
        this IResourceBuilder<T> builder, Action<DockerComposeServiceResource, Service> configure)
        where T : IComputeResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ApplicationBuilder.ExecutionContext.IsPublishMode
            ? builder.WithAnnotation(new DockerComposeServiceCustomizationAnnotation(configure))
            : builder;
    }

    /// <summary>A value as a variable of the Compose file, such as <c>${API_KEY}</c>, which from then on is listed in <c>.env</c>.</summary>
    public static string AsEnvironmentPlaceholder(this IManifestExpressionProvider manifestExpressionProvider, DockerComposeServiceResource dockerComposeService)
    {
        ArgumentNullException.ThrowIfNull(manifestExpressionProvider);
        ArgumentNullException.ThrowIfNull(dockerComposeService);
        var name = manifestExpressionProvider.ValueExpression.Replace("{", "").Replace("}", "").Replace('.', '_');
        return dockerComposeService.Parent.Capture(EnvironmentName(name), description: null, manifestExpressionProvider);
    }

    /// <inheritdoc cref="AsEnvironmentPlaceholder(IManifestExpressionProvider, DockerComposeServiceResource)"/>
    public static string AsEnvironmentPlaceholder(this ParameterResource parameter, DockerComposeServiceResource dockerComposeService)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        ArgumentNullException.ThrowIfNull(dockerComposeService);
        return dockerComposeService.Parent.Capture(EnvironmentName(parameter.Name), $"Parameter {parameter.Name}", parameter);
    }

    /// <inheritdoc cref="AsEnvironmentPlaceholder(IManifestExpressionProvider, DockerComposeServiceResource)"/>
    public static string AsEnvironmentPlaceholder(this IResourceBuilder<ParameterResource> builder, DockerComposeServiceResource dockerComposeService)
        => builder.Resource.AsEnvironmentPlaceholder(dockerComposeService);

    internal static string EnvironmentName(string name) => name.Replace('-', '_').ToUpperInvariant();
}
