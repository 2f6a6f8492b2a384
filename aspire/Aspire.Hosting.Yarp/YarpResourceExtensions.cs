using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Yarp;

namespace Aspire.Hosting;

public static class YarpResourceExtensions
{
    private const int Port = 5000;

    /// <summary>Adds a container of the image <c>mcr.microsoft.com/dotnet/nightly/yarp:2.3-preview</c>, with the endpoint <c>http</c>.</summary>
    public static IResourceBuilder<YarpResource> AddYarp(this IDistributedApplicationBuilder builder, string name)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddResource(new YarpResource(name))
            .WithImage("dotnet/nightly/yarp", "2.3-preview")
            .WithImageRegistry("mcr.microsoft.com")
            .WithHttpEndpoint(targetPort: Port)
            .WithEntrypoint("dotnet")
            .WithArgs("/app/yarp.dll")
            .WithEnvironment("ASPNETCORE_ENVIRONMENT", builder.Environment.EnvironmentName)
            .WithAnnotation(new OtlpExporterAnnotation())
            .WithEnvironment(context =>
            {
                var yarp = (YarpResource)context.Resource;
                foreach (var (variable, value) in YarpVariables.Of(yarp.Routes, yarp.Clusters))
                {
                    context.EnvironmentVariables[variable] = value;
                }
            });
    }

    /// <summary>Adds routes, and clusters for them to lead to.</summary>
    public static IResourceBuilder<YarpResource> WithConfiguration(
        this IResourceBuilder<YarpResource> builder, Action<IYarpConfigurationBuilder> configurationBuilder)
    {
        ArgumentNullException.ThrowIfNull(configurationBuilder);
        configurationBuilder(new YarpConfigurationBuilder(builder));
        return builder;
    }

    /// <param name="port">The port that clients use; null lets one be chosen.</param>
    public static IResourceBuilder<YarpResource> WithHostPort(this IResourceBuilder<YarpResource> builder, int? port)
        => builder.WithEndpoint("http", endpoint => endpoint.Port = port);
}
