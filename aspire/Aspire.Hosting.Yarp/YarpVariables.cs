using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Yarp.ReverseProxy.Configuration;

namespace Aspire.Hosting.Yarp;

/// <summary>Routes and clusters as environment variables, which YARP reads as its section <c>ReverseProxy</c>.</summary>
internal static class YarpVariables
{
    private const string Section = "REVERSEPROXY__";

    private static readonly JsonSerializerOptions Options = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    public static IEnumerable<(string Name, object Value)> Of(IEnumerable<YarpRoute> routes, IEnumerable<YarpCluster> clusters)
    {
        foreach (var route in routes)
        {
            var configuration = JsonSerializer.SerializeToNode(route.Configuration, Options)!.AsObject();
            // YARP has the names from the keys, and takes them nowhere else.
            configuration.Remove(nameof(route.Configuration.RouteId));
            foreach (var variable in Flat($"{Section}ROUTES__{route.Configuration.RouteId}", configuration))
            {
                yield return variable;
            }
        }

        foreach (var cluster in clusters)
        {
            var prefix = $"{Section}CLUSTERS__{cluster.Configuration.ClusterId}";
            var configuration = JsonSerializer.SerializeToNode(cluster.Configuration, Options)!.AsObject();
            configuration.Remove(nameof(cluster.Configuration.ClusterId));
            foreach (var variable in Flat(prefix, configuration))
            {
                yield return variable;
            }

            foreach (var (index, destination) in cluster.Destinations.Index())
            {
                yield return ($"{prefix}__DESTINATIONS__destination{index + 1}__ADDRESS", destination);
            }
        }
    }

    /// <param name="areNames">Whether keys are names of YARP's, and not those that the application has chosen.</param>
    private static IEnumerable<(string Name, object Value)> Flat(string name, JsonNode node, bool areNames = true) => node switch
    {
        JsonObject members => members.SelectMany(member => Flat(
            $"{name}__{(areNames ? member.Key.ToUpperInvariant() : member.Key)}",
            member.Value!,
            areNames && member.Key is not (nameof(RouteConfig.Metadata) or nameof(RouteConfig.Transforms)))),
        JsonArray items => items.SelectMany((item, index) => Flat($"{name}__{index}", item!, areNames)),
        _ => [(name, node.ToString())],
    };
}
