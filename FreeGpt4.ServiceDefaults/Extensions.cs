using FreeGpt4.ServiceDefaults.Stopping;
using FreeGpt4.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace FreeGpt4.ServiceDefaults;

/// <summary>What every service of the cluster needs: telemetry, health, service discovery, HTTP defaults, a graceful stop.</summary>
public static class Extensions
{
    internal const string ReadinessPath = "/health";
    internal const string LivenessPath = "/alive";

    /// <summary>The tag of health checks that say whether the process itself works. Checks without it only decide readiness.</summary>
    public const string LiveTag = "live";

    /// <summary>
    /// Call it first. Meters and activity sources named <c>FreeGpt4.*</c> are exported without further registration;
    /// nothing is exported unless <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set.
    /// </summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.AddTelemetry();
        builder.AddGracefulStop();
        builder.AddHttpDefaults();
        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), [LiveTag]);
        return builder;
    }

    /// <summary>
    /// Maps <c>/health</c> (ready: every check passes) and <c>/alive</c> (the checks tagged <see cref="LiveTag"/>): 200 or 503 and one
    /// word of plain text, in every environment, since whoever runs the service probes them everywhere.
    /// </summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapProbe(ReadinessPath, new HealthCheckOptions());
        app.MapProbe(LivenessPath, new HealthCheckOptions { Predicate = check => check.Tags.Contains(LiveTag) });
        return app;
    }

    // Short-circuited: no authentication, limiter or other middleware behind routing may stand between a probe and its answer.
    private static void MapProbe(this WebApplication app, string path, HealthCheckOptions options)
        => app.MapHealthChecks(path, options).AllowAnonymous().DisableHttpMetrics().ShortCircuit();
}
