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

    // Aspire turns redaction off for the services it runs; but users may send their token as a query parameter. What is asked and answered
    // is their own in any case, for whatever library should come to know of this variable.
    private static readonly Dictionary<string, string?> KeepPrivate = new()
    {
        ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "false",
        ["OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION"] = "false",
        ["OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION"] = "false",
    };

    public static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        // "Request starting GET http://…/?token=…": the only log line of the framework that has the query in it.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning);

        Silence(builder.Services, "Microsoft.AspNetCore.Server.Kestrel.BadRequests");

        // The same of those that are sent, in traces and in logs; it goes before the environment variable of that purpose.
        AppContext.SetSwitch("System.Net.Http.DisableUriRedaction", false);

        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            if (string.IsNullOrWhiteSpace(builder.Configuration["LOG_DIR"]))
            {
                // As long as somebody could read what this category writes, the host makes an activity and a scope for each request, and the
                // client another for each that is sent on (bench/README.md). Only telemetry and log files tell their ids.
                Silence(builder.Services, "Microsoft.AspNetCore.Hosting.Diagnostics");
            }

            return;
        }

        builder.Configuration.AddInMemoryCollection(KeepPrivate);

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
            // Without scopes: the framework puts the path of the request around everything, and that may have anything in it. The ids of
            // trace and span are members of each entry.
            .WithLogging(configureBuilder: null, options => options.IncludeFormattedMessage = true)
            .UseOtlpExporter();

        builder.Services.AddHostedService<TelemetryShutdown>();
    }

    // It writes the line of a request that it cannot read, query and all. Rules of one provider go before those of all, and later ones before
    // earlier ones, whoever makes them.
    private static void Silence(IServiceCollection services, string category) => services.PostConfigure<LoggerFilterOptions>(options =>
    {
        foreach (var provider in options.Rules.Select(rule => rule.ProviderName).Append(null).Distinct().ToList())
        {
            options.Rules.Add(new(provider, category, LogLevel.None, filter: null));
        }
    });

    private static bool IsProbe(Microsoft.AspNetCore.Http.PathString path)
        => path.Equals(Extensions.ReadinessPath, StringComparison.OrdinalIgnoreCase)
            || path.Equals(Extensions.LivenessPath, StringComparison.OrdinalIgnoreCase);
}
