using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.Aspire.Publishing;

/// <summary>A model as a Compose file, as Aspire.Hosting.Docker writes it.</summary>
public sealed class ComposeFileTests
{
    [Fact]
    public async Task Container_WithAllThatAServiceHas_IsWrittenWithVariablesAndNames()
    {
        using var model = PublishedModel.ForCompose();
        model.Builder.AddDockerComposeEnvironment("compose").WithDashboard(false);
        var key = model.Builder.AddParameter("api-key", secret: true);
        var database = model.Builder.AddContainer("db", "postgres", "17").WithEndpoint(targetPort: 5432, name: "tcp").WithVolume("data", "/data");
        var tcp = database.GetEndpoint("tcp");
        model.Builder.AddContainer("web", "nginx", "1")
            .WithEntrypoint("/run").WithArgs("--verbose")
            .WithHttpEndpoint(port: 80, targetPort: 8080).WithExternalHttpEndpoints()
            .WithEnvironment("KEY", key)
            .WithEnvironment("DATABASE", $"Host={tcp.Property(EndpointProperty.Host)};Port={tcp.Property(EndpointProperty.Port)};Password={key}")
            .WithEnvironment("URL", tcp)
            .WithEnvironment("ANSWER", "true")
            .WaitFor(database);

        await model.PublishAsync();

        Yaml.Parse(model.Read("docker-compose.yaml")).ToJsonString().ShouldBe(Yaml.Parse(
            """
            services:
              db:
                image: postgres:17
                expose: ["5432"]
                volumes: [{type: volume, source: data, target: /data}]
                networks: [aspire]
              web:
                image: nginx:1
                command: [--verbose]
                entrypoint: [/run]
                environment:
                  KEY: ${API_KEY}
                  DATABASE: Host=db;Port=5432;Password=${API_KEY}
                  URL: tcp://db:5432
                  ANSWER: "true"
                ports: ["80:8080"]
                depends_on: {db: {condition: service_started}}
                networks: [aspire]
            networks: {aspire: {driver: bridge}}
            volumes: {data: {driver: local}}
            """).ToJsonString());
        model.Read("docker-compose.yaml").ShouldContain("ANSWER: \"true\"");
        model.Read(".env").ShouldBe("# Parameter api-key\nAPI_KEY=\n\n");
    }

    [Fact]
    public async Task Callbacks_OfServiceFileAndEnv_ChangeWhatIsWritten()
    {
        using var model = PublishedModel.ForCompose();
        model.Builder.AddDockerComposeEnvironment("compose").WithDashboard(false)
            .ConfigureComposeFile(file => file.Name = $"of {file.Services.Count}")
            .ConfigureEnvFile(variables => variables["EXTRA"] = new() { Name = "EXTRA", Description = "More" });
        model.Builder.AddDockerfile("built", "folder").PublishAsDockerComposeService((_, service) =>
        {
            service.Build = new() { Context = ".." };
            service.Deploy = new() { Replicas = 3 };
        });

        await model.PublishAsync();

        var file = Yaml.Parse(model.Read("docker-compose.yaml"));
        file["name"]!.GetValue<string>().ShouldBe("of 1");
        file["services"]!["built"]!.ToJsonString().ShouldBe(
            """{"image":"${BUILT_IMAGE}","build":{"context":".."},"networks":["aspire"],"deploy":{"replicas":"3"}}""");
        model.Read(".env").ShouldBe("# Container image name for built\nBUILT_IMAGE=\n\n# More\nEXTRA=\n\n");
    }

    [Fact]
    public async Task Env_ThatIsThere_IsAddedTo()
    {
        using var model = PublishedModel.ForCompose();
        model.Builder.AddDockerComposeEnvironment("compose").WithDashboard(false);
        model.Builder.AddContainer("a", "a").WithEnvironment("KEY", model.Builder.AddParameter("key")).WithEnvironment("NEW", model.Builder.AddParameter("new"));
        model.Write(".env", "# What I know\nKEY=a=b\n\nOTHER=1\n");

        await model.PublishAsync();

        model.Read(".env").ShouldBe("# What I know\nKEY=a=b\n\n# Parameter new\nNEW=\n\nOTHER=1\n\n");
    }

    [Fact]
    public async Task Dashboard_NotTakenOut_IsNotSupportedByName()
    {
        using var model = PublishedModel.ForCompose();
        model.Builder.AddDockerComposeEnvironment("compose");

        (await Should.ThrowAsync<NotSupportedException>(model.PublishAsync)).Message.ShouldContain("DockerComposeEnvironmentResource.DashboardEnabled");
    }

    [Fact]
    public void Environment_WhereTheApplicationRuns_IsNoResource()
    {
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { DisableDashboard = true });
        builder.AddDockerComposeEnvironment("compose");
        builder.AddContainer("a", "a").PublishAsDockerComposeService((_, _) => throw new InvalidOperationException());

        builder.Resources.Select(resource => resource.Name).ShouldBe(["a"]);
    }
}
