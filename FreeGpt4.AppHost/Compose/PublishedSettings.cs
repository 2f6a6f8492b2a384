namespace FreeGpt4.AppHost.Compose;

/// <summary>What a service is told where it is deployed.</summary>
/// <param name="Variable">The environment variable.</param>
/// <param name="Value">In the Compose file; usually <c>${NAME:-default}</c>.</param>
internal sealed record PublishedSetting(string Variable, string Value) : IResourceAnnotation;

/// <summary>
/// Settings where the cluster is published: whoever deploys it gives them, by the same names as where it runs. They are parameters of the
/// manifest and variables of the Compose file, and nothing that this machine has set gets into either.
/// </summary>
internal static class PublishedSettings
{
    /// <summary>
    /// What is in force when a variable is not set, or is empty: what README.md says. Only nginx waits less to be connected than on a machine of
    /// one's own: where a container is gone nobody even refuses.
    /// </summary>
    private static readonly Dictionary<string, string> Defaults = new()
    {
        ["PROVIDER"] = "You",
        ["FALLBACK_TIMEOUT"] = "9m",
        ["PRIVATE_MODE"] = "false",
        ["LOG_LEVEL"] = "INFO",
        ["LOG_FILE_SIZE"] = "10M",
        ["LOG_FILE_COUNT"] = "5",
        ["ENABLE_REQUEST_LOGGING"] = "false",
        ["ENABLE_USAGE_LOGGING"] = "true",
        ["STREAM_PING_INTERVAL"] = "15s",
        ["KEYWORD"] = "text",
        ["REMOVE_SOURCES"] = "true",
        ["MAX_BODY_SIZE"] = "16M",
        ["HISTORY"] = "false",
        ["CONVERSATION_RETENTION"] = "off",
        ["USAGE_RETENTION"] = "90d",
        ["CORS_ORIGINS"] = "*",
        ["TRUSTED_PROXIES"] = "off",
        ["STICKY"] = "off",
        ["NGINX_MAX_FAILS"] = "3",
        // From when a replica that stops refuses connections until the edge knows that its address is gone.
        ["NGINX_FAIL_TIMEOUT"] = "10s",
        ["RATE_LIMIT_API"] = "10r/s",
        ["RATE_LIMIT_BURST"] = "20",
        ["RATE_LIMIT_SETTINGS"] = "5r/m",
        ["RATE_LIMIT_SETTINGS_BURST"] = "5",
        // The address of a container that is gone does not even refuse.
        ["UPSTREAM_CONNECT_TIMEOUT"] = "250ms",
        ["UPSTREAM_READ_TIMEOUT"] = "10m",
        ["UPSTREAM_KEEPALIVE"] = "32",
    };

    /// <summary>A setting by its own name, with its default.</summary>
    public static IResourceBuilder<T> WithPublishedSetting<T>(this IResourceBuilder<T> service, string name) where T : IResourceWithEnvironment
    {
        var value = Defaults.GetValueOrDefault(name, "");
        var parameter = service.ApplicationBuilder.Parameter(
            ParameterName(name), (builder, parameter) => builder.AddParameter(parameter, value, publishValueAsDefault: true).WithDescription(Description(value)));
        return service.WithEnvironment(name, parameter).WithPublishedValue(name, Placeholder(name, value));
    }

    /// <summary>A secret, which has no default.</summary>
    /// <param name="variable">The environment variable of the service.</param>
    /// <param name="parameter">Its name in the manifest; in the Compose file it is in upper case, with underscores.</param>
    public static IResourceBuilder<T> WithPublishedSecret<T>(
        this IResourceBuilder<T> service, string variable, string parameter, string description)
        where T : IResourceWithEnvironment
    {
        var secret = service.ApplicationBuilder.Parameter(
            parameter, (builder, name) => builder.AddParameter(name, secret: true).WithDescription(description));
        return service.WithEnvironment(variable, secret)
            .WithPublishedValue(variable, Placeholder(parameter.ToUpperInvariant().Replace('-', '_'), ""));
    }

    /// <summary>What is no setting, but always the same.</summary>
    public static IResourceBuilder<T> WithPublishedConstant<T>(this IResourceBuilder<T> service, string variable, string value)
        where T : IResourceWithEnvironment => service.WithEnvironment(variable, value).WithPublishedValue(variable, value);

    /// <summary>A value for the Compose file alone; it goes before another of that name.</summary>
    public static IResourceBuilder<T> WithPublishedValue<T>(this IResourceBuilder<T> service, string variable, string value)
        where T : IResourceWithEnvironment
    {
        foreach (var former in service.Resource.Annotations.OfType<PublishedSetting>().Where(setting => setting.Variable == variable).ToArray())
        {
            service.Resource.Annotations.Remove(former);
        }

        return service.WithAnnotation(new PublishedSetting(variable, value));
    }

    /// <summary>A variable of the Compose file; one that is empty counts as not set.</summary>
    public static string Placeholder(string name, string value) => $"${{{name}:-{value}}}";

    /// <summary>As it is named in the manifest, and in the dashboard.</summary>
    public static string ParameterName(string setting) => setting.ToLowerInvariant().Replace('_', '-');

    private static string Description(string value) => value is "" ? "" : $"Default: {value}";

    // A setting of several services is one parameter.
    private static IResourceBuilder<ParameterResource> Parameter(
        this IDistributedApplicationBuilder builder, string name,
        Func<IDistributedApplicationBuilder, string, IResourceBuilder<ParameterResource>> add)
        => builder.Resources.OfType<ParameterResource>().FirstOrDefault(parameter => parameter.Name == name) is { } parameter
            ? builder.CreateResourceBuilder(parameter)
            : add(builder, name);
}
