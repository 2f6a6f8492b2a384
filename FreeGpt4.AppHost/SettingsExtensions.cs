namespace FreeGpt4.AppHost;

internal static class SettingsExtensions
{
    /// <summary>Hands settings of the AppHost's own environment on, unread: the service that they are for checks them.</summary>
    public static IResourceBuilder<T> WithSettings<T>(this IResourceBuilder<T> builder, params string[] names)
        where T : IResourceWithEnvironment
    {
        foreach (var name in names)
        {
            builder.WithEnvironment(name, builder.ApplicationBuilder.Configuration[name]);
        }

        return builder;
    }

    /// <summary>The same for files and folders, which the AppHost's working directory counts for, and not the service's.</summary>
    public static IResourceBuilder<T> WithPaths<T>(this IResourceBuilder<T> builder, params string[] names)
        where T : IResourceWithEnvironment
    {
        foreach (var name in names)
        {
            var path = builder.ApplicationBuilder.Configuration[name];
            builder.WithEnvironment(name, path is { Length: > 0 } ? Path.GetFullPath(path) : path);
        }

        return builder;
    }
}
