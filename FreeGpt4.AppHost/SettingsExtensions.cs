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
}
