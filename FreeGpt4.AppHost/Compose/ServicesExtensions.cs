namespace FreeGpt4.AppHost.Compose;

/// <summary>The services of the published cluster.</summary>
internal static class ServicesExtensions
{
    // Streams have 30 s to end.
    private const string StopGracePeriod = "40s";

    private const int ApiPort = 5500;
    private const string EdgeLogs = "edge-logs";
    private const string EdgeLogFolder = "/var/log/edge";
    private const string DashboardToken = "dashboard-token";
    private const string PostgresData = "/var/lib/postgresql/data";

    /// <summary>Publishes the API: on the internal network, where the edge is, and on one of its own with a way out.</summary>
    public static IResourceBuilder<ProjectResource> PublishAsApi(this IResourceBuilder<ProjectResource> api) => api
        .WithEndpoint("http", endpoint => endpoint.TargetPort = ApiPort)
        // Whom to believe about a client is the edge's to decide.
        .DisableForwardedHeaders()
        // A PostgreSQL of one's own, or with its password the one of the Compose file, or else a file in the volume.
        .WithPublishedValue(
            "ConnectionStrings__freegpt4",
            "${FREEGPT4_DATABASE:-${POSTGRES_PASSWORD:+Host=postgres;Database=freegpt4;Username=freegpt4}}")
        // Npgsql takes it where the connection string has none: whatever is in it needs no quotes here.
        .WithPublishedValue("PGPASSWORD", "${POSTGRES_PASSWORD:-}")
        // With its token the dashboard of the Compose file; or any collector.
        .WithPublishedValue("OTEL_EXPORTER_OTLP_ENDPOINT", "${OTEL_EXPORTER_OTLP_ENDPOINT:-${DASHBOARD_TOKEN:+http://dashboard:18889}}")
        .WithPublishedValue("OTEL_EXPORTER_OTLP_HEADERS", "${OTEL_EXPORTER_OTLP_HEADERS:-${DASHBOARD_TOKEN:+x-otlp-api-key=${DASHBOARD_TOKEN:-}}}")
        .WithPublishedValue("OTEL_SERVICE_NAME", api.Resource.Name)
        .PublishAsService(service =>
        {
            service.Image = "${LLM_API_IMAGE:-freegpt4/llm-api:latest}";
            service.Build = new() { Context = "..", Dockerfile = "FreeGpt4.LlmApi/Dockerfile" };
            service.DependsOn["postgres"] = new() { Condition = "service_healthy" };
            service.Networks = ["internal", "egress"];
            // Servers on this machine: OLLAMA_BASE_URL=http://host.docker.internal:11434/v1
            service.ExtraHosts["host.docker.internal"] = "host-gateway";
            service.WithVolume("data", "/var/lib/freegpt4").WithVolume("logs", "/var/log/freegpt4");
            // The program asks itself, and after three failures in a row ends the process that hangs: an engine restarts what has ended, and
            // not what is unhealthy. Its child is the service, which can be ended so.
            service.WithHealthcheck("/app/FreeGpt4.LlmApi", "healthcheck", $"http://127.0.0.1:{ApiPort}/models", "3");
            service.StopGracePeriod = StopGracePeriod;
            service.Deploy = new()
            {
                // A number here; docker-compose.changes.yaml makes it a variable.
                Replicas = 2,
                Resources = new()
                {
                    Limits = new() { Memory = "${API_MEMORY_LIMIT:-512M}" },
                    Reservations = new() { Memory = "${API_MEMORY_RESERVATION:-256M}" },
                },
            };
        });

    /// <summary>Adds the edge: the image of <c>nginx/</c>, and the only one with a port for everybody.</summary>
    public static IResourceBuilder<ContainerResource> AddNginxService(this IDistributedApplicationBuilder builder, string name) => builder
        .AddDockerfile(name, "../nginx")
        .WithVolume(EdgeLogs, EdgeLogFolder)
        .WithSettings("UPSTREAM_KEEPALIVE")
        .PublishAsService(service =>
        {
            service.Image = "${NGINX_IMAGE:-freegpt4/nginx:latest}";
            service.Build = new() { Context = "../nginx" };
            service.DependsOn["llm-api"] = new() { Condition = "service_healthy" };
            service.Ports = ["${EDGE_PORT:-15432}:15432"];
            service.Networks = ["external", "internal"];
            service.WithVolume(EdgeLogs, EdgeLogFolder);
            service.StopGracePeriod = StopGracePeriod;
        });

    /// <summary>Adds a PostgreSQL that is there with the profile of its name.</summary>
    public static IResourceBuilder<ContainerResource> AddPostgresService(this IDistributedApplicationBuilder builder, string name) => builder
        .AddContainer(name, "postgres", "17")
        .WithVolume(name, PostgresData)
        .WithEndpoint(targetPort: 5432, name: "tcp")
        .WithPublishedConstant("POSTGRES_DB", "freegpt4")
        .WithPublishedConstant("POSTGRES_USER", "freegpt4")
        .WithPublishedSecret("POSTGRES_PASSWORD", "postgres-password", "The database's, from its first start on; with COMPOSE_PROFILES=postgres")
        .PublishAsService(service =>
        {
            service.Profiles = [name];
            service.Networks = ["internal"];
            service.WithVolume(name, PostgresData);
            // By TCP: while it makes the database it answers at its socket alone.
            service.WithHealthcheck("pg_isready", "--quiet", "--host=127.0.0.1", "--username=freegpt4");
            service.User = "postgres";
            service.Tmpfs.Add("/run/postgresql:uid=999,gid=999");
            service.StopGracePeriod = StopGracePeriod;
        });

    /// <summary>Adds the Aspire dashboard, which is there with the profile of its name, for this machine alone and behind its token.</summary>
    public static IResourceBuilder<ContainerResource> AddDashboardService(this IDistributedApplicationBuilder builder, string name) => builder
        .AddContainer(name, "mcr.microsoft.com/dotnet/aspire-dashboard", "latest")
        .WithHttpEndpoint(targetPort: 18888)
        .WithPublishedConstant("DASHBOARD__FRONTEND__AUTHMODE", "BrowserToken")
        .WithPublishedSecret(
            "DASHBOARD__FRONTEND__BROWSERTOKEN", DashboardToken, "For http://localhost:18888/login?t=TOKEN; with COMPOSE_PROFILES=dashboard")
        .WithPublishedConstant("DASHBOARD__OTLP__AUTHMODE", "ApiKey")
        .WithPublishedSecret("DASHBOARD__OTLP__PRIMARYAPIKEY", DashboardToken, "")
        .PublishAsService(service =>
        {
            service.Image = "${DASHBOARD_IMAGE:-mcr.microsoft.com/dotnet/aspire-dashboard:latest}";
            service.Profiles = [name];
            service.Ports = ["127.0.0.1:${DASHBOARD_PORT:-18888}:18888"];
            // One of its own for its port; an internal network has none.
            service.Networks = ["dashboard", "internal"];
            service.Tmpfs.Add("/home/app");
        });
}
