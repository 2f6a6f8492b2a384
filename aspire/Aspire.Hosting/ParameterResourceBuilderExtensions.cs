using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static class ParameterResourceBuilderExtensions
{
    /// <summary>Adds a parameter whose value is configuration <c>Parameters:{name}</c>.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, bool secret = false)
        => builder.AddParameterFromConfiguration(name, $"Parameters:{name}", secret);

    /// <summary>Adds a parameter whose value is configuration <c>Parameters:{name}</c>, or <paramref name="value"/> where there is none.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, string value, bool publishValueAsDefault = false, bool secret = false)
        => builder.AddParameter(name, () => value, publishValueAsDefault, secret);

    /// <param name="publishValueAsDefault">Whether the value may be told where the application is published.</param>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, Func<string> valueGetter, bool publishValueAsDefault = false, bool secret = false)
    {
        ArgumentNullException.ThrowIfNull(valueGetter);
        return publishValueAsDefault && secret
            ? throw new ArgumentException($"Parameter '{name}' is secret: its value cannot be published as a default.", nameof(secret))
            : builder.AddResource(new ParameterResource(name, _ => builder.Configuration[$"Parameters:{name}"] ?? valueGetter(), secret)
            {
                Default = publishValueAsDefault ? new ConstantParameterDefault(valueGetter) : null,
            });
    }

    /// <summary>Adds a parameter whose value is configuration <c>Parameters:{name}</c>, or a default where there is none.</summary>
    /// <param name="persist">Whether the default, once made, is kept in the user secrets of the AppHost, so that it is the same at every start.</param>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, ParameterDefault value, bool secret = false, bool persist = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(value);

        var key = $"Parameters:{name}";
        var kept = persist ? UserSecretsFile.Of(builder.AppHostAssembly) : null;
        return builder.AddResource(new ParameterResource(
            name, _ => builder.Configuration[key] ?? kept?.GetOrAdd(key, value.GetDefaultValue) ?? value.GetDefaultValue(), secret)
        {
            Default = value,
        });
    }

    public static IResourceBuilder<ParameterResource> AddParameterFromConfiguration(
        this IDistributedApplicationBuilder builder, string name, string configurationKey, bool secret = false)
        => builder.AddResource(new ParameterResource(
            name,
            _ => builder.Configuration[configurationKey]
                ?? throw new MissingParameterValueException(
                    $"Parameter '{name}' has no value: set the configuration key '{configurationKey}' (environment: {configurationKey.Replace(":", "__", StringComparison.Ordinal)})."),
            secret)
        {
            ConfigurationKey = configurationKey,
        });

    public static IResourceBuilder<ParameterResource> WithDescription(
        this IResourceBuilder<ParameterResource> builder, string description, bool enableMarkdown = false)
    {
        builder.Resource.Description = description;
        builder.Resource.EnableDescriptionMarkdown = enableMarkdown;
        return builder;
    }
}
