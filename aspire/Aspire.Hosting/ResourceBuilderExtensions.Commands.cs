using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting;

/// <summary>What a person can have done with a resource.</summary>
public static partial class ResourceBuilderExtensions
{
    /// <summary>Offers a command in the dashboard and to the CLI; it takes the place of one of the same name.</summary>
    /// <param name="name">Identifies the command: <c>aspire resource RESOURCE NAME</c>.</param>
    public static IResourceBuilder<T> WithCommand<T>(
        this IResourceBuilder<T> builder, string name, string displayName, Func<ExecuteCommandContext, Task<ExecuteCommandResult>> executeCommand,
        CommandOptions? commandOptions = null)
        where T : IResource
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(displayName);
        ArgumentNullException.ThrowIfNull(executeCommand);

        var options = commandOptions ?? new();
        foreach (var former in builder.Resource.Annotations.OfType<ResourceCommandAnnotation>().Where(command => command.Name == name).ToArray())
        {
            builder.Resource.Annotations.Remove(former);
        }

        return builder.WithAnnotation(new ResourceCommandAnnotation(
            name, displayName, options.UpdateState ?? (_ => ResourceCommandState.Enabled), executeCommand, options.Description, options.Arguments,
            options.ConfirmationMessage, options.IconName, options.IconVariant, options.IsHighlighted, options.Visibility, options.ValidateArguments));
    }

    /// <summary>Offers a request to an endpoint of the resource as a command. It goes to the replica that the command was given to.</summary>
    /// <param name="endpointName">By default the endpoint named http or https.</param>
    /// <param name="commandName">By default made of the endpoint, the method and the path.</param>
    /// <exception cref="DistributedApplicationException">There is no such endpoint, or it is not for HTTP.</exception>
    public static IResourceBuilder<TResource> WithHttpCommand<TResource>(
        this IResourceBuilder<TResource> builder, string path, string displayName, string? endpointName = null, string? commandName = null,
        HttpCommandOptions? commandOptions = null)
        where TResource : IResourceWithEndpoints
        => builder.WithHttpCommand(path, displayName, () => builder.HttpEndpoint(endpointName), commandName, commandOptions);

    /// <param name="endpointSelector">By default that of the options, or the endpoint named http or https.</param>
    /// <inheritdoc cref="WithHttpCommand{TResource}(IResourceBuilder{TResource}, string, string, string, string, HttpCommandOptions)"/>
    public static IResourceBuilder<TResource> WithHttpCommand<TResource>(
        this IResourceBuilder<TResource> builder, string path, string displayName, Func<EndpointReference>? endpointSelector, string? commandName = null,
        HttpCommandOptions? commandOptions = null)
        where TResource : IResourceWithEndpoints
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        var options = commandOptions ?? new();
        options.UpdateState ??= HttpCommand.EnabledWhileRunning;
        var endpoint = (endpointSelector ?? options.EndpointSelector)?.Invoke() ?? builder.HttpEndpoint(name: null);
        if (endpoint is { IsHttp: false, IsHttps: false })
        {
            throw new DistributedApplicationException(
                $"The HTTP command '{displayName}' of '{builder.Resource.Name}' needs an HTTP endpoint: '{endpoint.EndpointName}' is for {endpoint.Scheme}.");
        }

        builder.ApplicationBuilder.Services.AddHttpClient();
        var command = new HttpCommand(endpoint, path, options);
        var name = commandName ?? $"{endpoint.Resource.Name}-{endpoint.EndpointName}-http-{command.Method.Method.ToLowerInvariant()}-{path}";
        return builder.WithCommand(name, displayName, command.ExecuteAsync, options);
    }

    private static EndpointReference HttpEndpoint<T>(this IResourceBuilder<T> builder, string? name) where T : IResourceWithEndpoints
        => (name is null ? builder.FindEndpoint("http") ?? builder.FindEndpoint("https") : builder.FindEndpoint(name)) is { } endpoint
            ? new(builder.Resource, endpoint)
            : throw new DistributedApplicationException(
                $"'{builder.Resource.Name}' has no endpoint named '{name ?? "http"}' for an HTTP command: add one with WithHttpEndpoint before it.");
}
