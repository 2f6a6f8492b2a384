using System.Globalization;
using System.Runtime.InteropServices;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Dcp;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Orchestration;

/// <summary>What an instance is started with.</summary>
internal sealed record InstanceConfiguration(IReadOnlyList<ProcessValue> Args, IReadOnlyDictionary<string, ProcessValue> Environment)
{
    /// <summary>More arguments for the engine that runs the container.</summary>
    public IReadOnlyList<string> RuntimeArgs { get; init; } = [];

    /// <summary>What the container's image is built with.</summary>
    public IReadOnlyList<DcpBuildArgument> BuildArguments { get; init; } = [];
}

/// <param name="IsSecret">Whether it is given to the process, but shown to nobody.</param>
internal readonly record struct ProcessValue(string Text, bool IsSecret);

/// <summary>Works out what a resource instance is started with.</summary>
internal sealed class ResourceConfigurator(
    DistributedApplicationExecutionContext executionContext, IHostEnvironment environment, DashboardSettings dashboard)
{
    /// <summary>The text that stands for an instance's own port in values computed once for all instances.</summary>
    public static string TargetPortExpression(IResource resource, EndpointAnnotation endpoint) => $"{{{{- portForServing \"{ServiceName(resource, endpoint)}\" -}}}}";

    public static string ServiceName(IResource resource, EndpointAnnotation endpoint)
        => resource.Annotations.OfType<EndpointAnnotation>().Count() == 1 ? resource.Name : $"{resource.Name}-{endpoint.Name}";

    public async Task<InstanceConfiguration> ConfigureAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        var args = new List<ProcessValue>();
        foreach (var arg in await ArgsAsync(instance.Resource, cancellationToken).ConfigureAwait(false))
        {
            args.Add(new(await ResolveAsync(arg, instance, cancellationToken).ConfigureAwait(false), SecretValues.IsSecret(arg)));
        }

        var variables = new SortedDictionary<string, ProcessValue>(StringComparer.Ordinal);
        foreach (var (name, value) in await EnvironmentAsync(instance, cancellationToken).ConfigureAwait(false))
        {
            var text = await ResolveAsync(value, instance, cancellationToken).ConfigureAwait(false);
            variables[name] = new(text, SecretValues.IsSecret(value) || SecretValues.LooksSecret(name, text));
        }

        return new(args, variables)
        {
            RuntimeArgs = await RuntimeArgsAsync(instance, cancellationToken).ConfigureAwait(false),
            BuildArguments = await BuildArgumentsAsync(instance, cancellationToken).ConfigureAwait(false),
        };
    }

    private static async Task<IReadOnlyList<string>> RuntimeArgsAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        var context = new ContainerRuntimeArgsCallbackContext([], cancellationToken);
        foreach (var annotation in instance.Resource.Annotations.OfType<ContainerRuntimeArgsCallbackAnnotation>().ToArray())
        {
            await annotation.Callback(context).ConfigureAwait(false);
        }

        var args = new List<string>();
        foreach (var arg in context.Args)
        {
            args.Add(await ResolveAsync(arg, instance, cancellationToken).ConfigureAwait(false));
        }

        return args;
    }

    private static async Task<IReadOnlyList<DcpBuildArgument>> BuildArgumentsAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        var arguments = new List<DcpBuildArgument>();
        if (instance.Resource.TryGetLastAnnotation<DockerfileBuildAnnotation>(out var build))
        {
            foreach (var (name, value) in build.BuildArguments)
            {
                arguments.Add(new(name, value switch
                {
                    null => null,
                    bool flag => flag ? "true" : "false",
                    _ => await ResolveAsync(value, instance, cancellationToken).ConfigureAwait(false),
                }));
            }
        }

        return arguments;
    }

    private async Task<IList<object>> ArgsAsync(IResource resource, CancellationToken cancellationToken)
    {
        var context = new CommandLineArgsCallbackContext([], resource, cancellationToken) { ExecutionContext = executionContext };
        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>().ToArray())
        {
            await annotation.Callback(context).ConfigureAwait(false);
        }

        return context.Args;
    }

    private async Task<Dictionary<string, object>> EnvironmentAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        var resource = instance.Resource;
        var context = new EnvironmentCallbackContext(executionContext, resource, cancellationToken: cancellationToken);
        var variables = context.EnvironmentVariables;

        if (resource is ProjectResource project)
        {
            AddProjectDefaults(project, variables);
        }

        if (resource.HasAnnotationOfType<OtlpExporterAnnotation>() && dashboard.Enabled)
        {
            await AddTelemetryAsync(instance, variables, cancellationToken).ConfigureAwait(false);
        }

        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToArray())
        {
            await annotation.Callback(context).ConfigureAwait(false);
        }

        return variables;
    }

    private static void AddProjectDefaults(ProjectResource project, Dictionary<string, object> variables)
    {
        var urls = project.GetEndpoints().Where(e => e.IsHttp || e.IsHttps)
            .Select(e => ReferenceExpression.Create($"{e.Property(EndpointProperty.Scheme)}://{e.EndpointAnnotation.TargetHost}:{e.Property(EndpointProperty.TargetPort)}"))
            .ToArray();
        if (urls.Length > 0)
        {
            variables["ASPNETCORE_URLS"] = urls.Skip(1).Aggregate(urls[0], (all, url) => ReferenceExpression.Create($"{all};{url}"));
        }

        if (project.TryGetLastAnnotation<LaunchProfileAnnotation>(out var profile))
        {
            variables["DOTNET_LAUNCH_PROFILE"] = profile.LaunchProfileName;
        }

        // The built program is started itself, without `dotnet run`, which would have told it where the runtime is.
        variables["DOTNET_ROOT"] = Path.GetFullPath("../../..", RuntimeEnvironment.GetRuntimeDirectory());
        variables["LOGGING__CONSOLE__FORMATTERNAME"] = "simple";
        variables["DOTNET_SYSTEM_CONSOLE_ALLOW_ANSI_COLOR_REDIRECTION"] = "true";
    }

    private async Task AddTelemetryAsync(ResourceInstance instance, Dictionary<string, object> variables, CancellationToken cancellationToken)
    {
        variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = instance.Resource is ContainerResource
            ? (await dashboard.Otlp.ForContainers!(cancellationToken).ConfigureAwait(false)).UriString
            : dashboard.OtlpUrl;
        variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc";
        variables["OTEL_EXPORTER_OTLP_HEADERS"] = $"x-otlp-api-key={dashboard.OtlpApiKey}";
        variables["OTEL_SERVICE_NAME"] = instance.Resource.Name;
        variables["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={instance.Suffix}";
        variables["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory";

        if (environment.IsDevelopment())
        {
            // A person watches: everything is sampled and arrives within a second.
            variables["OTEL_BLRP_SCHEDULE_DELAY"] = "1000";
            variables["OTEL_BSP_SCHEDULE_DELAY"] = "1000";
            variables["OTEL_METRIC_EXPORT_INTERVAL"] = "1000";
            variables["OTEL_TRACES_SAMPLER"] = "always_on";
            variables["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based";
        }
    }

    private static async Task<string> ResolveAsync(object value, ResourceInstance instance, CancellationToken cancellationToken)
    {
        var context = new ValueProviderContext { Caller = instance.Resource };
        var text = value switch
        {
            string s => s,
            IValueProvider provider => await provider.GetValueAsync(context, cancellationToken).ConfigureAwait(false) ?? "",
            IResourceBuilder<IResource> { Resource: IValueProvider provider } => await provider.GetValueAsync(context, cancellationToken).ConfigureAwait(false) ?? "",
            IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString() ?? "",
        };

        foreach (var (endpoint, port) in instance.TargetPorts)
        {
            text = text.Replace(TargetPortExpression(instance.Resource, endpoint), port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        }

        return text;
    }
}
