using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;

namespace FreeGpt4.Bench.Targets;

/// <summary>YARP with nothing but a route: what forwarding alone costs in .NET.</summary>
internal static class YarpTarget
{
    public const string Name = "YARP alone";

    public static async Task<Target> StartAsync(Uri upstream, CancellationToken cancellationToken) => new(
        Name,
        await ServerProcess.StartAsync(port => new(Environment.ProcessPath!, ["yarp", $"{port}", upstream.AbsoluteUri]), "/health", cancellationToken));

    /// <summary>The server itself, which is this program once more.</summary>
    public static Task RunAsync(int port, Uri upstream)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port));
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = "all", ClusterId = "upstream", Match = new() { Path = "{**all}" } }],
            [new ClusterConfig { ClusterId = "upstream", Destinations = new Dictionary<string, DestinationConfig> { ["only"] = new() { Address = upstream.AbsoluteUri } } }]);
        var app = builder.Build();
        app.MapReverseProxy();
        return app.RunAsync();
    }
}
