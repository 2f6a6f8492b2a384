using FreeGpt4.AppHost;
using FreeGpt4.AppHost.Compose;

// client ──► edge :15432 ──► llm-api × API_REPLICAS ──► providers
//            nginx, else FreeGpt4.Proxy; EDGE=container or yarp: in a container
//                                        └──► a file, or with DATABASE=postgres a container

var builder = DistributedApplication.CreateBuilder(
    new DistributedApplicationOptions { Args = args, DisableDashboard = !ClusterSettings.WantsDashboard(args) });
if (!ClusterSettings.TryRead(builder.OwnSettings(), builder.ExecutionContext.IsRunMode, out var settings, out var error))
{
    Console.Error.WriteLine(error);
    return 1;
}

var llmApi = builder.AddProject<Projects.FreeGpt4_LlmApi>("llm-api")
    .WithReplicas(settings.ApiReplicas)
    .WithHttpEndpoint()
    .WithHttpHealthCheck("/health")
    .WithSettings("PROVIDER", "MODEL", "FALLBACK_PROVIDERS", "FALLBACK_TIMEOUT", "MODEL_ALIASES")
    .WithSettings("PRIVATE_MODE", "ALLOWED_HOSTS")
    .WithSettings("LOG_LEVEL", "LOG_FILE_SIZE", "LOG_FILE_COUNT", "ENABLE_REQUEST_LOGGING", "ENABLE_USAGE_LOGGING")
    .WithSettings("SYSTEM_PROMPT", "STREAM_PING_INTERVAL", "KEYWORD", "REMOVE_SOURCES", "COMPAT_STATUS", "MAX_BODY_SIZE")
    .WithStateSettings()
    .WithProviderSettings()
    .RequiredForStart();

if (builder.ExecutionContext.IsPublishMode)
{
    // To deploy/ and aspire-manifest.json: nginx in front, and for those who ask for them a PostgreSQL and the dashboard.
    llmApi.PublishAsApi();
    builder.AddNginxService("nginx").AsEdgeOf(llmApi, settings);
    builder.AddPostgresService("postgres");
    builder.AddDashboardService("dashboard");
    builder.AddComposeFiles();
    builder.Build().Run();
    return Environment.ExitCode;
}

if (settings.UsesPostgres)
{
    builder.AddPostgres("postgres").AsDatabaseOf(llmApi);
}

switch (settings.EdgeKind)
{
    case EdgeKind.Nginx:
        builder.AddNginx("nginx", settings.NginxProgram!, llmApi.GetEndpoint("http")).AsEdgeOf(llmApi, settings);
        break;
    case EdgeKind.NginxContainer:
        builder.AddNginxContainer("nginx", llmApi.GetEndpoint("http")).AsEdgeOf(llmApi, settings).WithPlacesOf(settings.Edge);
        break;
    case EdgeKind.YarpContainer:
        builder.AddYarp("yarp").AsEdgeOf(llmApi, settings);
        break;
    default:
        builder.AddProject<Projects.FreeGpt4_Proxy>("proxy").AsEdgeOf(llmApi, settings);
        break;
}

builder.Build().Run();
return Environment.ExitCode;
