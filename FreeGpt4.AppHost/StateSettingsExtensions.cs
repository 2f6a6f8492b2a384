namespace FreeGpt4.AppHost;

internal static class StateSettingsExtensions
{
    /// <summary>The PostgreSQL of the user's own.</summary>
    public const string ConnectionString = "ConnectionStrings:freegpt4";

    // The names of the parameters in the dashboard, which hides their values.
    private static readonly (string Setting, string Variable, string Parameter, string Description)[] Secrets =
    [
        (ConnectionString, "ConnectionStrings__freegpt4", "freegpt4-database", "The PostgreSQL in which the state of the cluster is."),
        ("MASTER_KEY", "MASTER_KEY", "master-key", "What the secrets in the database are encrypted with."),
        ("ADMIN_PASSWORD", "ADMIN_PASSWORD", "admin-password", "The password of the user admin at the first start."),
    ];

    /// <summary>Where the replicas keep what they share, and what they encrypt it with.</summary>
    public static IResourceBuilder<ProjectResource> WithStateSettings(this IResourceBuilder<ProjectResource> api)
    {
        foreach (var (setting, variable, parameter, description) in Secrets)
        {
            api.WithSecret(setting, variable, parameter, description);
        }

        return api.WithPaths("DATA_DIR", "LOG_DIR").WithSettings("HISTORY", "CONVERSATION_RETENTION", "USAGE_RETENTION");
    }
}
