using Aspire.Hosting.Yarp;
using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FreeGpt4.AppHost;

/// <summary>The stock YARP container as the edge, for those who know it: its routes are declared here, and forwarding is all that it does.</summary>
internal static partial class YarpExtensions
{
    public static IResourceBuilder<YarpResource> AsEdgeOf(
        this IResourceBuilder<YarpResource> yarp, IResourceBuilder<ProjectResource> api, ClusterSettings settings) => yarp
        .WithHostPort(settings.Edge.Port)
        .WithConfiguration(routes => routes.AddRoutesTo(routes.AddCluster(api.GetEndpoint("http")), settings.Edge))
        // As a duration of YARP's configuration; the package takes it apart into days, hours and so on, of which YARP reads nothing.
        .WithEnvironment($"REVERSEPROXY__CLUSTERS__cluster_{api.Resource.Name}__HTTPREQUEST__ACTIVITYTIMEOUT", settings.Edge.ReadTimeout.ToString("c"))
        .WithExternalHttpEndpoints()
        .WithHttpHealthCheck("/health")
        .WaitFor(api)
        .RequiredForStart()
        .OnBeforeResourceStarted((_, starting, _) =>
        {
            Log.OnlyForwards(starting.Services.GetRequiredService<ILoggerFactory>().CreateLogger("FreeGpt4"));
            return Task.CompletedTask;
        })
        .AnnounceEdge();

    private static void AddRoutesTo(this IYarpConfigurationBuilder routes, YarpCluster api, EdgeOptions edge)
    {
        routes.AddRoute(api).WithMaxRequestBodySize(edge.MaxBodySize).Unnoticed();
        // What a replica had to measure is nobody's business: it is asked for something that it does not have.
        routes.AddRoute("/metrics/{**rest}", api).Unnoticed().WithTransform(change => change["PathSet"] = "/not-for-clients");
    }

    private static YarpRoute Unnoticed(this YarpRoute route) => route
        // A replica answers only who asks for it by a name that it knows.
        .WithTransform(change => change["RequestHeaderOriginalHost"] = "true")
        .WithTransform(change =>
        {
            // All replicas are behind one address here, which balances connections: a kept one would always reach the same replica.
            change["RequestHeader"] = "Connection";
            change["Set"] = "close";
        });

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning,
            "EDGE is \"yarp\", which only forwards: no rate limits, CORS, TLS, log files, second tries or errors of its own, and /health is a replica's. "
            + "nginx and proxy have all that.")]
        public static partial void OnlyForwards(ILogger logger);
    }
}
