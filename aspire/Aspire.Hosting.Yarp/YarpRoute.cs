using Yarp.ReverseProxy.Configuration;

namespace Aspire.Hosting.Yarp;

/// <summary>Which requests go to a cluster, and what is changed of them on the way.</summary>
public class YarpRoute
{
    internal YarpRoute(string id, YarpCluster cluster)
        => Configuration = new() { RouteId = id, ClusterId = cluster.Configuration.ClusterId, Match = new() };

    internal RouteConfig Configuration { get; set; }
}

public static class YarpRouteExtensions
{
    public static YarpRoute WithMatch(this YarpRoute route, RouteMatch match) => route.With(r => r with { Match = match });

    /// <param name="path">A pattern of ASP.NET's routing, such as <c>/api/{**rest}</c>.</param>
    public static YarpRoute WithMatchPath(this YarpRoute route, string path) => route.Matching(m => m with { Path = path });

    public static YarpRoute WithMatchMethods(this YarpRoute route, params string[] methods) => route.Matching(m => m with { Methods = methods });

    public static YarpRoute WithMatchHeaders(this YarpRoute route, params RouteHeader[] headers) => route.Matching(m => m with { Headers = headers });

    public static YarpRoute WithMatchHosts(this YarpRoute route, params string[] hosts) => route.Matching(m => m with { Hosts = hosts });

    public static YarpRoute WithMatchRouteQueryParameter(this YarpRoute route, params RouteQueryParameter[] queryParameters)
        => route.Matching(m => m with { QueryParameters = queryParameters });

    /// <param name="order">The lowest is asked first.</param>
    public static YarpRoute WithOrder(this YarpRoute route, int? order) => route.With(r => r with { Order = order });

    /// <param name="maxRequestBodySize">In bytes.</param>
    public static YarpRoute WithMaxRequestBodySize(this YarpRoute route, long maxRequestBodySize)
        => route.With(r => r with { MaxRequestBodySize = maxRequestBodySize });

    public static YarpRoute WithMetadata(this YarpRoute route, IReadOnlyDictionary<string, string>? metadata)
        => route.With(r => r with { Metadata = metadata });

    /// <summary>Sets what is changed of a request or an answer, as YARP's configuration has it, in place of what was set.</summary>
    public static YarpRoute WithTransforms(this YarpRoute route, IReadOnlyList<IReadOnlyDictionary<string, string>>? transforms)
        => route.With(r => r with { Transforms = transforms });

    /// <summary>Adds one thing to change of a request or an answer.</summary>
    /// <param name="createTransform">Fills it in as YARP's configuration has it: <c>["PathSet"] = "/"</c>.</param>
    public static YarpRoute WithTransform(this YarpRoute route, Action<IDictionary<string, string>> createTransform)
    {
        ArgumentNullException.ThrowIfNull(createTransform);
        var transform = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        createTransform(transform);
        return route.With(r => r with { Transforms = [.. r.Transforms ?? [], transform] });
    }

    private static YarpRoute Matching(this YarpRoute route, Func<RouteMatch, RouteMatch> change) => route.With(r => r with { Match = change(r.Match) });

    private static YarpRoute With(this YarpRoute route, Func<RouteConfig, RouteConfig> change)
    {
        route.Configuration = change(route.Configuration);
        return route;
    }
}
