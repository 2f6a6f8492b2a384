namespace FreeGpt4.AppHost;

internal static class SettingsExtensions
{
    /// <summary>Hands settings of the AppHost's own environment on, unread: the service that they are for checks them.</summary>
    public static IResourceBuilder<ProjectResource> WithSettings(this IResourceBuilder<ProjectResource> builder, params string[] names)
    {
        foreach (var name in names)
        {
            builder.WithEnvironment(name, builder.ApplicationBuilder.Configuration[name]);
        }

        return builder;
    }

    /// <summary>The same for one that nobody may see: the dashboard shows it to those only who ask for it.</summary>
    public static IResourceBuilder<ProjectResource> WithSecret(this IResourceBuilder<ProjectResource> builder, string name, string description) =>
        builder.ApplicationBuilder.Configuration[name] is { Length: > 0 } value
            ? builder.WithEnvironment(name, builder.ApplicationBuilder
                .AddParameter(name.ToLowerInvariant().Replace('_', '-'), value, secret: true)
                .WithDescription(description))
            : builder;
}
