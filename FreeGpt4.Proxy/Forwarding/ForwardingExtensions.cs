using System.Net;
using FreeGpt4.Proxy.Assets;
using FreeGpt4.Proxy.AccessLog;
using FreeGpt4.Proxy.Balancing;
using FreeGpt4.Proxy.Destinations;
using FreeGpt4.Proxy.Health;
using FreeGpt4.Proxy.Listening;
using FreeGpt4.Proxy.Retries;
using FreeGpt4.ServiceDefaults.LogFiles;
using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.ServiceDiscovery;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace FreeGpt4.Proxy.Forwarding;

internal static class ForwardingExtensions
{
    private const string ClusterId = "llm-api";

    /// <summary>Forwards everything that the edge does not answer itself to the replicas of <c>http://llm-api</c>, in turn.</summary>
    public static void AddForwarding(this IHostApplicationBuilder builder)
    {
        // "Proxying to http://…/?token=…" would give secrets away, and a stack trace for each failed attempt would hide the rest. The
        // edge logs its failures itself, a line each.
        builder.LogErrorsAlone(typeof(HttpTransformer).Namespace + ".HttpForwarder");
        // Likewise of the replicas' health.
        builder.LogErrorsAlone(typeof(IPassiveHealthCheckPolicy).Namespace!);

        builder.Services.AddReverseProxy().AddTransforms(AddTransforms).AddReplicaHealth();
        builder.Services.AddSingleton<ILoadBalancingPolicy, ClientAddressPolicy>();
        builder.Services.AddSingleton<IProxyConfigProvider>(services =>
            new InMemoryConfigProvider(
                [EveryRoute()],
                [Replicas(services.GetRequiredService<IOptions<EdgeOptions>>().Value, services.GetRequiredService<Probes>())]));
        builder.Services.AddSingleton<HostAddresses>();
        builder.Services.AddHostedService(services => services.GetRequiredService<HostAddresses>());
        builder.Services.AddSingleton<IDestinationResolver, DiscoveredDestinations>();
        builder.Services.AddSingleton(new KeptConnections());
        builder.Services.AddSingleton<IForwarderHttpClientFactory, ReplicaClientFactory>();
    }

    public static void MapForwarding(this WebApplication app)
    {
        // What a replica had to measure would be nobody's business here.
        app.Map("/metrics/{**path}", context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        app.MapReverseProxy(pipeline =>
        {
            // Around the choice of a replica: each attempt is balanced over those not yet tried, logged, and counted where it failed.
            pipeline.UseRetries();
            pipeline.UseAttempts();
            pipeline.UseLoadBalancing();
            pipeline.UsePassiveHealthChecks();
        });
    }

    // A filter for all goes behind what error.log has of its own.
    private static void LogErrorsAlone(this IHostApplicationBuilder builder, string category)
        => builder.Logging.AddFilter(category, LogLevel.Error).AddFilter<FileLoggers>(category, LogLevel.Error);

    private static RouteConfig EveryRoute() => new()
    {
        RouteId = "all",
        ClusterId = ClusterId,
        Match = new RouteMatch { Path = "/{**path}" },
    };

    private static ClusterConfig Replicas(EdgeOptions options, Probes probes) => new()
    {
        ClusterId = ClusterId,
        LoadBalancingPolicy = options.IsSticky ? ClientAddressPolicy.PolicyName : LoadBalancingPolicies.RoundRobin,
        HealthCheck = HealthExtensions.HealthOf(options, probes),
        Destinations = new Dictionary<string, DestinationConfig> { [ClusterId] = new() { Address = $"http://{ClusterId}" } },
        HttpClient = new HttpClientConfig
        {
            RequestHeaderEncoding = ListenerExtensions.HeaderEncoding.WebName,
            ResponseHeaderEncoding = ListenerExtensions.HeaderEncoding.WebName,
        },
        HttpRequest = new ForwarderRequestConfig
        {
            ActivityTimeout = options.ReadTimeout,
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        },
    };

    private static void AddTransforms(TransformBuilderContext context)
    {
        var keptConnections = context.Services.GetRequiredService<IOptions<EdgeOptions>>().Value.KeptConnections;

        // The address that the client used, for links, cookies and the replica's own check of host names.
        context.AddOriginalHost();
        // What the edge itself says of the client is in the X-Forwarded headers, which are replaced and not extended.
        context.AddRequestHeaderRemove("Forwarded");
        context.AddResponseHeaderRemove(HeaderNames.Server, ResponseCondition.Always);
        context.AddRequestTransform(request =>
        {
            request.TellAttempt();

            // A kept connection is one whose request started while at most that many ran.
            if (request.HttpContext.GetReverseProxyFeature().ProxiedDestination?.ConcurrentRequestCount > keptConnections
                && request.HttpContext.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true })
            {
                request.ProxyRequest.Options.Set(ReplicaClientFactory.NotKept, true);
                // With none kept the replica may as well know.
                request.ProxyRequest.Headers.ConnectionClose = keptConnections == 0;
            }

            return ValueTask.CompletedTask;
        });
        var stopping = context.Services.GetRequiredService<StoppingReplicas>();
        context.AddResponseTransform(response =>
        {
            response.TellAttempt();
            stopping.Notice(response);
            AssetCachePolicy.SetTime(response.HttpContext);
            return ValueTask.CompletedTask;
        });
    }
}
