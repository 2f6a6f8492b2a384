using OpenTelemetry.Trace;

namespace FreeGpt4.Proxy.Metrics;

internal static class MetricsExtensions
{
    public static void AddMetricsAndTraces(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<EdgeMetrics>();
        // Which replica a request went to, and the probes of replicas. It has no addresses of requests in it.
        builder.Services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddSource("Yarp.ReverseProxy"));
    }
}
