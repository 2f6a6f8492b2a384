using FreeGpt4.AppHost.Compose;
using Microsoft.Extensions.Configuration;

namespace FreeGpt4.AppHost;

internal static class SettingsExtensions
{
    /// <summary>What is set on this machine, for the cluster that runs on it. None of it is for one that is published.</summary>
    public static IConfiguration OwnSettings(this IDistributedApplicationBuilder builder)
        => builder.ExecutionContext.IsPublishMode ? new ConfigurationBuilder().Build() : builder.Configuration;

    /// <summary>Hands settings of the AppHost's own environment on, unread: the service that they are for checks them.</summary>
    public static IResourceBuilder<T> WithSettings<T>(this IResourceBuilder<T> builder, params string[] names)
        where T : IResourceWithEnvironment
    {
        foreach (var name in names)
        {
            if (builder.ApplicationBuilder.ExecutionContext.IsPublishMode)
            {
                builder.WithPublishedSetting(name);
            }
            else
            {
                builder.WithEnvironment(name, builder.ApplicationBuilder.Configuration[name]);
            }
        }

        return builder;
    }

    /// <summary>
    /// The same for files and folders, which the AppHost's working directory counts for, and not the service's. Where the cluster is published
    /// they are those of the image.
    /// </summary>
    public static IResourceBuilder<T> WithPaths<T>(this IResourceBuilder<T> builder, params string[] names)
        where T : IResourceWithEnvironment
    {
        var settings = builder.ApplicationBuilder.OwnSettings();
        foreach (var name in builder.ApplicationBuilder.ExecutionContext.IsRunMode ? names : [])
        {
            builder.WithEnvironment(name, settings[name] is { Length: > 0 } path ? Path.GetFullPath(path) : settings[name]);
        }

        return builder;
    }

    /// <summary>A setting that nobody sees. It is a parameter, so that the dashboard and published files hide its value.</summary>
    /// <param name="key">Its name in the configuration.</param>
    /// <param name="variable">The environment variable of the service.</param>
    public static IResourceBuilder<T> WithSecret<T>(
        this IResourceBuilder<T> builder, string key, string variable, string parameter, string description)
        where T : IResourceWithEnvironment
    {
        var application = builder.ApplicationBuilder;
        return application.ExecutionContext.IsPublishMode ? builder.WithPublishedSecret(variable, parameter, description)
            : application.Configuration[key] is { Length: > 0 } value
                ? builder.WithEnvironment(variable, application.AddParameter(parameter, value, secret: true).WithDescription(description))
                : builder;
    }
}
