using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Yarp;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace FreeGpt4.Tests.Aspire.Containers;

/// <summary>Routes of a YARP in a container, as YARP itself reads them there.</summary>
public sealed class YarpModelTests
{
    private readonly IDistributedApplicationBuilder _builder = DistributedApplication.CreateBuilder(
        new DistributedApplicationOptions { DisableDashboard = true });

    [Fact]
    public async Task Routes_AsDeclared_AreWhatYarpReads()
    {
        var api = _builder.AddExecutable("api", "true", ".").WithHttpEndpoint();
        var admin = _builder.AddExecutable("admin", "true", ".").WithHttpEndpoint();
        var yarp = _builder.AddYarp("yarp").WithConfiguration(routes =>
        {
            var cluster = routes.AddCluster(api.GetEndpoint("http"));
            routes.AddRoute(cluster).WithMaxRequestBodySize(1024).WithMatchMethods("GET", "POST");
            routes.AddRoute("/admin/{**rest}", admin.GetEndpoint("http")).WithOrder(-1).WithTransform(change => change["PathRemovePrefix"] = "/admin");
            routes.AddRoute("/other", routes.AddCluster("other", "http://other.test"));
        });

        var read = await ReadAsync(yarp.Resource);

        read.Routes.Select(route => (route.Match.Path, route.ClusterId, route.Order)).ShouldBe(
            [("/{**catchall}", "cluster_api", null), ("/admin/{**rest}", "cluster_admin", -1), ("/other", "cluster_other", null)], ignoreOrder: true);
        var first = read.Routes.Single(route => route.RouteId == "route0");
        (first.MaxRequestBodySize, string.Join(' ', first.Match.Methods!)).ShouldBe((1024, "GET POST"));
        read.Routes.Single(route => route.RouteId == "route1").Transforms!.ShouldHaveSingleItem()["PathRemovePrefix"].ShouldBe("/admin");
        var other = read.Clusters.Single(cluster => cluster.ClusterId == "cluster_other");
        other.Destinations!.Single().Value.Address.ShouldBe("http://other.test");
    }

    [Fact]
    public async Task Cluster_AsDeclared_IsWhatYarpReads()
    {
        var api = _builder.AddExecutable("api", "true", ".").WithHttpEndpoint(name: "admin");
        var yarp = _builder.AddYarp("yarp").WithConfiguration(routes => routes.AddRoute(routes.AddCluster(api.GetEndpoint("admin"))
            .WithForwarderRequestConfig(new ForwarderRequestConfig { ActivityTimeout = TimeSpan.FromMinutes(10), Version = new(1, 1) })
            .WithLoadBalancingPolicy("RoundRobin")
            .WithMetadata(new Dictionary<string, string> { ["Owner"] = "me" })));

        var cluster = (await ReadAsync(yarp.Resource)).Clusters.ShouldHaveSingleItem();

        cluster.HttpRequest!.ActivityTimeout.ShouldBe(TimeSpan.FromMinutes(10));
        cluster.HttpRequest.Version.ShouldBe(new Version(1, 1));
        cluster.LoadBalancingPolicy.ShouldBe("RoundRobin");
        cluster.Metadata!.ShouldHaveSingleItem().ShouldBe(new("Owner", "me"));
        cluster.Destinations!.Single().Value.Address.ShouldBe("http://_admin.api");
    }

    // As the container does: the section ReverseProxy of its environment variables.
    private static async Task<IProxyConfig> ReadAsync(YarpResource yarp)
    {
        var context = new EnvironmentCallbackContext(new(DistributedApplicationOperation.Run), yarp, cancellationToken: TestContext.Current.CancellationToken);
        foreach (var annotation in yarp.Annotations.OfType<EnvironmentCallbackAnnotation>())
        {
            await annotation.Callback(context);
        }

        var variables = context.EnvironmentVariables.Where(variable => variable.Value is string)
            .Select(variable => KeyValuePair.Create(variable.Key.Replace("__", ":"), (string?)variable.Value));
        var services = new ServiceCollection().AddLogging();
        services.AddReverseProxy().LoadFromConfig(new ConfigurationBuilder().AddInMemoryCollection(variables).Build().GetSection("ReverseProxy"));
        await using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IProxyConfigProvider>().GetConfig();
    }
}
