namespace FreeGpt4.AppHost;

internal static class EdgeExtensions
{
    /// <summary>Makes a resource the edge: what clients of the cluster talk to, and what sends their requests to the API.</summary>
    public static IResourceBuilder<T> AsEdgeOf<T>(this IResourceBuilder<T> edge, IResourceBuilder<ProjectResource> api, int port)
        where T : IResourceWithEndpoints, IResourceWithEnvironment, IResourceWithWaitSupport => edge

        // It listens itself: behind DCP's own proxy every client would have the same, a loopback, address.
        .WithHttpEndpoint(port: port, isProxied: false)
        .WithExternalHttpEndpoints()
        .WithHttpHealthCheck("/health")
        .WithReference(api)
        .WaitFor(api)
        .RequiredForStart()
        .AnnounceWhenReady();
}
