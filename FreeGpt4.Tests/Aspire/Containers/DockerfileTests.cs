using System.Runtime.Versioning;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dcp;
using FreeGpt4.Tests.Aspire.Dcp;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FreeGpt4.Tests.Aspire.Containers;

/// <summary>Containers that are built from a Dockerfile, in a real engine, beside a process of this machine.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class DockerfileTests(ImageEngine images) : IClassFixture<ImageEngine>, IDisposable
{
    // What it answers with comes from the build, from a mount, and from a process outside.
    private const string Dockerfile = """
        FROM nginx:1.29-alpine AS served
        ARG GREETING
        ENV GREETING=$GREETING
        COPY nginx.conf /
        CMD ["sh", "-c", "sed \"s/GREETING/$GREETING/; s/PROXIED/$PROXIED/; s/DIRECT/$DIRECT/\" /nginx.conf > /tmp/nginx.conf && exec nginx -c /tmp/nginx.conf -g 'daemon off;'"]

        FROM served AS last
        CMD ["false"]
        """;

    private const string Configuration = """
        user root;
        events {}
        http {
            server {
                listen 8080;
                location = /greeting { return 200 'GREETING'; }
                location /mounted/ { root /srv; }
                location = /proxied { proxy_pass http://PROXIED/health; }
                location = /direct { proxy_pass http://DIRECT/health; }
            }
        }
        """;

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Container_BuiltAndRun_HasItsStageArgumentsMountAndAWayToProcesses()
    {
        images.Engine.Require();
        await WriteAsync(Dockerfile);
        var mounted = Directory.CreateDirectory(Path.Combine(_folder.Path, "mounted"));
        await File.WriteAllTextAsync(Path.Combine(mounted.FullName, "page.txt"), "from this machine", Cancelled);
        var before = await ContainersAndNetworksAsync();

        var builder = Builder();
        var process = WebServer(builder);
        var greeting = builder.AddParameter("greeting", "built");
        var web = builder.AddDockerfile("web", _folder.Path, "web.dockerfile", stage: "served")
            .WithBuildArg("GREETING", greeting)
            .WithBindMount(mounted.FullName, "/srv/mounted", isReadOnly: true)
            .WithEnvironment("PROXIED", $"{process.GetEndpoint("proxied").Property(EndpointProperty.HostAndPort)}")
            .WithEnvironment("DIRECT", $"{process.GetEndpoint("direct").Property(EndpointProperty.HostAndPort)}")
            .WithReference(process.GetEndpoint("proxied"))
            .WithHttpEndpoint(targetPort: 8080)
            .WithHttpHealthCheck("/greeting");

        await using (var application = builder.Build())
        {
            await application.StartAsync(Cancelled);
            await WaitUntilAsync(application, "process", state => state.HealthStatus is HealthStatus.Healthy);
            var snapshot = await WaitUntilAsync(application, "web", state => state.HealthStatus is HealthStatus.Healthy);

            using var client = new HttpClient { BaseAddress = new Uri(web.GetEndpoint("http").Url) };
            (await client.GetStringAsync("/greeting", Cancelled)).ShouldBe("built");
            (await client.GetStringAsync("/mounted/page.txt", Cancelled)).ShouldBe("from this machine");
            (await client.GetStringAsync("/proxied", Cancelled)).ShouldBe("Healthy");
            (await client.GetStringAsync("/direct", Cancelled)).ShouldBe("Healthy");
            snapshot.EnvironmentVariables.Single(variable => variable.Name == "services__process__proxied__0").Value!
                .ShouldStartWith("http://aspire.dev.internal:");

            await application.StopAsync(Cancelled);
        }

        (await ContainersAndNetworksAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Dockerfile_ThatCannotBeBuilt_FailsWithWhatTheEngineSaysOfIt()
    {
        images.Engine.Require();
        await WriteAsync("FROM nginx:1.29-alpine\nCOPY missing /\n");
        var builder = Builder();
        builder.AddDockerfile("web", _folder.Path, "web.dockerfile");
        await using var application = builder.Build();

        await application.StartAsync(Cancelled);
        var snapshot = await WaitUntilAsync(application, "web", state => state.State?.Text == KnownResourceStates.FailedToStart);

        var report = snapshot.HealthReports.ShouldHaveSingleItem();
        $"{report.Description} {report.ExceptionText}".ShouldContain("\"/missing\": not found");
        await application.StopAsync(Cancelled);
    }

    public void Dispose() => _folder.Dispose();

    private IDistributedApplicationBuilder Builder()
    {
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { DisableDashboard = true });
        builder.Configuration.AddInMemoryCollection([new("DcpPublisher:CliPath", DcpBundle.Dcp)]);
        builder.Services.AddSingleton(new DcpEnvironment(
            new Dictionary<string, string>(ChildEnvironment.OfThisProcess().Concat(images.Engine.Environment.Select(v => KeyValuePair.Create(v.Name, v.Value)))
                .GroupBy(v => v.Key).Select(values => values.Last()))));
        return builder;
    }

    // The edge of the cluster, of which only that it listens where it is told matters here.
    private static IResourceBuilder<ExecutableResource> WebServer(IDistributedApplicationBuilder builder)
    {
        var process = builder.AddExecutable("process", Path.Combine(AppContext.BaseDirectory, "FreeGpt4.Proxy"), AppContext.BaseDirectory)
            .WithHttpEndpoint(name: "proxied")
            .WithHttpEndpoint(name: "direct", isProxied: false);
        var (proxied, direct) = (process.GetEndpoint("proxied"), process.GetEndpoint("direct"));
        return process
            .WithEnvironment("ASPNETCORE_URLS", $"http://localhost:{proxied.Property(EndpointProperty.TargetPort)};http://localhost:{direct.Property(EndpointProperty.TargetPort)}")
            .WithHttpHealthCheck("/health", endpointName: "direct");
    }

    private async Task WriteAsync(string dockerfile)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "web.dockerfile"), dockerfile, Cancelled);
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "nginx.conf"), Configuration, Cancelled);
    }

    private static async Task<CustomResourceSnapshot> WaitUntilAsync(
        DistributedApplication application, string name, Func<CustomResourceSnapshot, bool> condition)
        => (await application.ResourceNotifications.WaitForResourceAsync(name, state => condition(state.Snapshot), Cancelled).WaitAsync(Patience.Limit, Cancelled))
            .Snapshot;

    private async Task<string> ContainersAndNetworksAsync()
        => await images.Engine.DockerAsync("ps --all --quiet") + await images.Engine.DockerAsync("network ls --quiet");
}
