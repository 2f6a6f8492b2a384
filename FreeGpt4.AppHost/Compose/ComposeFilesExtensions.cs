using Aspire.Hosting.Docker;
using Aspire.Hosting.Docker.Resources;
using Aspire.Hosting.Pipelines;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.AppHost.Compose;

internal static class ComposeFilesExtensions
{
    private const string Compose = "docker-compose.yaml";
    private const string Stack = "docker-stack.yaml";
    private const string Source = "FreeGpt4.AppHost/Compose";

    // What no service has in its environment. COMPOSE_FILE, which would be nice to have here, must not be empty.
    private static readonly (string Name, string Description)[] Variables =
    [
        ("API_MEMORY_LIMIT", "Of each replica. Default: 512M"),
        ("API_MEMORY_RESERVATION", "Of each replica. Default: 256M"),
        ("API_REPLICAS", "Default: 2"),
        ("COMPOSE_PROFILES", "What is started besides: postgres, dashboard, or both with a comma"),
        ("CONTAINER_LOG_COUNT", "Files with what each container prints. Default: 3"),
        ("CONTAINER_LOG_SIZE", "Of each of them. Default: 10m"),
        ("DASHBOARD_PORT", "Of this machine alone. Default: 18888"),
        ("EDGE_PORT", "Where clients connect. Default: 15432"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "A collector of your own, for telemetry"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "What it wants to be told, as in x-api-key=KEY"),
        ("LLM_API_IMAGE", "Default: freegpt4/llm-api:latest"),
        ("NGINX_IMAGE", "Default: freegpt4/nginx:latest"),
        ("POSTGRES_REPLICAS", "For docker-stack.yaml: 0 with a database of your own. Default: 1"),
        ("TLS_FOLDER", "Has tls.crt and tls.key, for docker-compose.tls.yaml. Default: ./certs"),
        ("TLS_PORT", "For docker-compose.tls.yaml. Default: 15443"),
        ("TLS_REDIRECT", "For docker-compose.tls.yaml. Default: false"),
    ];

    /// <summary>Has <c>--operation publish</c> write the cluster for Docker Compose, and for Docker Swarm.</summary>
    public static void AddComposeFiles(this IDistributedApplicationBuilder builder)
    {
        builder.AddDockerComposeEnvironment("compose")
            // The cluster has its own, which nobody gets unasked.
            .WithDashboard(false)
            .ConfigureComposeFile(Configure)
            .ConfigureEnvFile(Configure);

#pragma warning disable ASPIREPIPELINES001 // The pipeline is called experimental; there is no other way to change what was written.
        builder.Pipeline.AddStep("finish-compose", FinishAsync, dependsOn: "publish-compose", requiredBy: WellKnownPipelineSteps.Publish);
#pragma warning restore ASPIREPIPELINES001
    }

    private static void Configure(ComposeFile file)
    {
        file.Name = "freegpt4";
        file.Networks.Clear();
        // Where clients come from.
        file.AddNetwork(new() { Name = "external" });
        // No way in or out.
        file.AddNetwork(new() { Name = "internal", Internal = true });
        // The way out for the replicas. Whoever else were on it could reach them.
        file.AddNetwork(new() { Name = "egress" });
        file.AddNetwork(new() { Name = "dashboard" });
        file.Volumes.Clear();
        foreach (var volume in file.Services.Values.SelectMany(service => service.Volumes))
        {
            file.AddVolume(new() { Name = volume.Name });
        }
    }

    private static void Configure(IDictionary<string, CapturedEnvironmentVariable> variables)
    {
        foreach (var variable in variables.Values)
        {
            variable.Description = variable.Source is ParameterResource { Description: { Length: > 0 } description }
                ? description.Replace($"{variable.Name}: ", "", StringComparison.Ordinal)
                : null;
        }

        foreach (var (name, description) in Variables)
        {
            variables[name] = new() { Name = name, Description = description };
        }
    }

#pragma warning disable ASPIREPIPELINES001, ASPIREPIPELINES004 // As above: the folder that was written to is known to the pipeline alone.
    private static Task FinishAsync(PipelineStepContext context)
    {
        var folder = context.Services.GetRequiredService<IPipelineOutputService>().GetOutputDirectory();
#pragma warning restore ASPIREPIPELINES001, ASPIREPIPELINES004
        var file = YamlFile.Read(Path.Combine(folder, Compose));
        file.Change(YamlFile.Embedded("docker-compose.changes.yaml"));
        file.Write(Path.Combine(folder, Compose), $"""
            The cluster in containers: docker compose up -d --build. Every variable is a setting: of the shell, or of .env beside this file.

            client ──► nginx :15432 ── internal ──► llm-api × API_REPLICAS ── egress ──► providers
                      on external                     └── internal ──► postgres, only with the profile of that name

            Written by 'dotnet run --project FreeGpt4.AppHost -- --operation publish --step publish --output-path deploy'; to be changed in {Source}.
            """);

        file.Change(YamlFile.Embedded("docker-stack.changes.yaml"));
        file.Write(Path.Combine(folder, Stack), $"""
            The cluster on several machines: docker stack deploy -c docker-stack.yaml freegpt4. Swarm neither builds images nor reads .env: push the
            images where all machines find them, and export the settings, as docs/deploy.md says. PostgreSQL has its volume on one machine, chosen with
            docker node update --label-add freegpt4.postgres=true NODE; with a database of your own set FREEGPT4_DATABASE and POSTGRES_REPLICAS=0.

            Written together with {Compose}; to be changed in {Source}.
            """);
        return Task.CompletedTask;
    }
}
