using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.AppHost;

internal static class EdgeExtensions
{
    /// <summary>Makes a resource the edge: what clients of the cluster talk to, and what sends their requests to the API.</summary>
    public static IResourceBuilder<T> AsEdgeOf<T>(this IResourceBuilder<T> edge, IResourceBuilder<ProjectResource> api, ClusterSettings settings)
        where T : IResourceWithEndpoints, IResourceWithEnvironment, IResourceWithWaitSupport => edge

        // It listens itself: behind DCP's own proxy every client would have the same, a loopback, address.
        .WithHttpEndpoint(port: settings.Edge.Port, env: "EDGE_PORT", isProxied: false)
        .WithExternalHttpEndpoints()
        .WithHttpHealthCheck("/health")
        .WhereItRuns()
        .WithSettings("UPSTREAM_CONNECT_TIMEOUT", "UPSTREAM_READ_TIMEOUT", "MAX_BODY_SIZE")
        .WithSettings("CORS_ORIGINS", "TRUSTED_PROXIES", "STICKY", "NGINX_MAX_FAILS", "NGINX_FAIL_TIMEOUT")
        .WithSettings("RATE_LIMIT_API", "RATE_LIMIT_BURST", "RATE_LIMIT_SETTINGS", "RATE_LIMIT_SETTINGS_BURST")
        .WithSettings("LOG_FILE_SIZE", "LOG_FILE_COUNT")
        .WithPaths("TLS_CERTIFICATE", "TLS_CERTIFICATE_KEY", "LOG_DIR")
        .WithReference(api)
        .WaitFor(api)
        .RequiredForStart()
        .AnnounceEdge();

    /// <summary>Has what a user is told when the cluster is ready come from this edge.</summary>
    public static IResourceBuilder<T> AnnounceEdge<T>(this IResourceBuilder<T> edge) where T : IResourceWithEndpoints
        => edge.AnnounceWhenReady(Path.Combine(DataFolder.Read(new(edge.ApplicationBuilder.OwnSettings())), DataFolder.FirstPassword));

    // In a container the ports are those of the image, and the edge sees the address of every replica.
    private static IResourceBuilder<T> WhereItRuns<T>(this IResourceBuilder<T> edge) where T : IResourceWithEnvironment
        => edge.ApplicationBuilder.ExecutionContext.IsPublishMode ? edge : edge
            // All replicas are behind one address here, which balances connections: a kept one would always reach the same replica.
            .WithEnvironment("UPSTREAM_KEEPALIVE", "0")
            .WithSettings("EDGE_LISTEN", "TLS_PORT", "TLS_REDIRECT");
}
