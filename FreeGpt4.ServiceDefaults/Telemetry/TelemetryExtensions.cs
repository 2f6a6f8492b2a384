using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace FreeGpt4.ServiceDefaults.Telemetry;

internal static class TelemetryExtensions
{
    private const string OwnNames = "FreeGpt4.*";

    // Aspire turns redaction off for the services it runs; but users may send their token as a query parameter.
    private static readonly Dictionary<string, string?> KeepQueriesRedacted = new()
    {
        ["OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION"] = "false",
        ["OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION"] = "false",
    };

    public static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        // "Request starting GET http://…/?token=…": the only log line of the framework that has the query in it.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning);

        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            return;
        }

        builder.Configuration.AddInMemoryCollection(KeepQueriesRedacted);

        // With its default, which also carries baggage, the HttpClient instrumentation writes a traceparent itself, even where a
        // client's handler was told to send none. With this one it leaves that to the handler.
        Sdk.SetDefaultTextMapPropagator(new TraceContextPropagator());

        builder.Services.AddOpenTelemetry()
            .WithTracing(tracing => tracing
                .AddSource(OwnNames)
                .AddAspNetCoreInstrumentation(options => options.Filter = context => !IsProbe(context.Request.Path))
                .AddHttpClientInstrumentation())
            .WithMetrics(metrics => metrics
                .AddMeter(OwnNames)
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation())
            .WithLogging(configureBuilder: null, options =>
            {
                options.IncludeFormattedMessage = true;
                options.IncludeScopes = true;
            })
            .UseOtlpExporter();

        builder.Services.AddHostedService<TelemetryShutdown>();
    }

    private static bool IsProbe(Microsoft.AspNetCore.Http.PathString path)
        => path.Equals(Extensions.ReadinessPath, StringComparison.OrdinalIgnoreCase)
            || path.Equals(Extensions.LivenessPath, StringComparison.OrdinalIgnoreCase);
}
