using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FreeGpt4.Tests.ServiceDefaults;

public sealed partial class TelemetryTests
{
    // By themselves the three exporters would hold the process that long.
    private static readonly TimeSpan HoldOfSilentCollector = TimeSpan.FromSeconds(15);

    [Fact(Timeout = Patience.OfTest)]
    public async Task Request_WithSecrets_IsExportedWithoutThem()
    {
        const string Secret = "s3cr3t-of-a-user";
        var path = $"/outer-{Guid.NewGuid():N}";
        await using var collector = await Collector.StartAsync();
        await using var app = TestService.Build(settings: SettingsFor(collector.Address));
        app.MapGet(path, async (IHttpClientFactory clients, HttpContext context) =>
        {
            using var inner = clients.CreateClient();
            inner.DefaultRequestHeaders.Add("Authorization", $"Bearer {Secret}");
            return await inner.GetStringAsync($"{app.Urls.Single()}{path}/inner?token={Secret}", context.RequestAborted);
        });
        app.MapGet($"{path}/inner", (ILogger<TelemetryTests> logger) =>
        {
            Log.Inside(logger, path);
            return "ok";
        });
        using var client = await app.StartWithClientAsync();
        client.DefaultRequestHeaders.Add("Authorization", $"Bearer {Secret}");

        await client.GetStringAsync($"{path}?token={Secret}", TestContext.Current.CancellationToken);
        await collector.Traces.ReceivesAsync(sent => PathsServed(sent).Contains(path) && PathsServed(sent).Contains($"{path}/inner"));
        await collector.Logs.ReceivesAsync($"inside {path}");
        await collector.Metrics.ReceivesAsync("http.server.request.duration");
        await app.StopAsync(TestContext.Current.CancellationToken);
        await app.DisposeAsync();

        collector.Traces.Text.ShouldNotContain(Secret);
        collector.Logs.Text.ShouldNotContain(Secret);
        collector.Metrics.Text.ShouldNotContain(Secret);
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Log_OfARequest_HasItsTraceAndNotItsPath()
    {
        const string Path = "/s3cr3t-of-a-user";
        var trace = "";
        await using var collector = await Collector.StartAsync();
        var settings = SettingsFor(collector.Address);
        // What is not taken within 10 s is dropped, and this machine may have other things to do.
        settings["OTEL_EXPORTER_OTLP_TIMEOUT"] = "300000";
        await using var app = TestService.Build(settings: settings);
        app.MapGet("/{anything}", (ILogger<TelemetryTests> logger) =>
        {
            trace = Encoding.Latin1.GetString(Convert.FromHexString(Activity.Current!.TraceId.ToHexString()));
            Log.Inside(logger, "the route");
            return "ok";
        });
        using var client = await app.StartWithClientAsync();

        await client.GetStringAsync(Path, TestContext.Current.CancellationToken);
        await collector.Logs.ReceivesAsync("inside the route");
        await app.StopAsync(TestContext.Current.CancellationToken);

        collector.Logs.Text.ShouldContain(trace);
        collector.Logs.Text.ShouldNotContain(Path);
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Request_ThatCannotBeRead_IsWrittenNowhere()
    {
        const string Secret = "s3cr3t-of-a-user";
        var lines = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var collector = await Collector.StartAsync();
        var settings = SettingsFor(collector.Address);
        settings["Logging:LogLevel:Default"] = "Trace";
        settings["Logging:LogLevel:Microsoft.AspNetCore.Server.Kestrel"] = "Trace";
        settings["Logging:OpenTelemetry:LogLevel:Default"] = "Trace";
        await using var app = TestService.Build(
            settings: settings, after: builder => builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new LogListener(lines.Enqueue)));
        app.MapGet("/readable", (ILogger<TelemetryTests> logger) =>
        {
            Log.Inside(logger, "readable");
            return "ok";
        });
        using var client = await app.StartWithClientAsync();
        using var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, client.BaseAddress!.Port, TestContext.Current.CancellationToken);
        await connection.GetStream().WriteAsync(
            System.Text.Encoding.ASCII.GetBytes($"GET /?text=PROMPT one&token={Secret} HTTP/1.1\r\nHost: x\r\n\r\n"), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(connection.GetStream());
        (await reader.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldStartWith("HTTP/1.1 400");

        await client.GetStringAsync("/readable", TestContext.Current.CancellationToken);
        await collector.Logs.ReceivesAsync("inside readable");
        await app.StopAsync(TestContext.Current.CancellationToken);

        lines.ShouldContain(line => line.Contains("inside readable", StringComparison.Ordinal));
        lines.ShouldNotContain(line => line.Contains(Secret, StringComparison.Ordinal) || line.Contains("PROMPT", StringComparison.Ordinal));
        collector.Logs.Text.ShouldNotContain(Secret);
        collector.Traces.Text.ShouldNotContain(Secret);
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Source_NamedLikeTheProduct_IsExportedWithoutRegistration()
    {
        var name = $"of-this-test-{Guid.NewGuid():N}";
        using var source = new ActivitySource("FreeGpt4.Tests.Telemetry");
        using var meter = new Meter("FreeGpt4.Tests.Telemetry");
        await using var collector = await Collector.StartAsync();
        await using var app = TestService.Build(settings: SettingsFor(collector.Address));
        using var client = await app.StartWithClientAsync();

        meter.CreateCounter<int>(name).Add(1);
        source.StartActivity(name)?.Dispose();

        await collector.Traces.ReceivesAsync(name);
        await collector.Metrics.ReceivesAsync(name);
        TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Probe_Answered_IsNotTraced()
    {
        await using var collector = await Collector.StartAsync();
        await using var app = TestService.Build(settings: SettingsFor(collector.Address));
        app.MapGet("/after-the-probes", () => "ok");
        using var client = await app.StartWithClientAsync();

        foreach (var path in (string[])["/health", "/alive", "/after-the-probes"])
        {
            await client.GetStringAsync(path, TestContext.Current.CancellationToken);
        }

        await collector.Traces.ReceivesAsync("/after-the-probes");
        var traced = PathsServed(collector.Traces.Text).ToList();
        traced.ShouldContain("/after-the-probes");
        traced.ShouldNotContain("/health");
        traced.ShouldNotContain("/alive");
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Stop_CollectorTakesButNeverAnswers_DoesNotWaitForIt()
    {
        using var collector = new TcpListener(IPAddress.Loopback, 0);
        collector.Start();
        await using var app = TestService.Build(settings: SettingsFor(new Uri($"http://{collector.LocalEndpoint}")));
        using var client = await app.StartWithClientAsync();
        using var traced = await client.GetAsync("/nothing-here", TestContext.Current.CancellationToken);
        Log.Inside(app.Logger, "left to be sent");
        using var exporting = await collector.AcceptSocketAsync(TestContext.Current.CancellationToken);

        var stopped = Task.Run(
            async () =>
            {
                await app.StopAsync(TestContext.Current.CancellationToken);
                await app.DisposeAsync();
            },
            TestContext.Current.CancellationToken);

        await stopped.WaitAsync(HoldOfSilentCollector, TestContext.Current.CancellationToken);
    }

    // As Aspire sets them, with the redaction of queries turned off.
    private static Dictionary<string, string?> SettingsFor(Uri collector) => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.AbsoluteUri,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory",
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "100",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "100",
        ["OTEL_TRACES_SAMPLER"] = "always_on",
        ["OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION"] = "true",
        ["OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION"] = "true",
    };

    // Of the spans of servers: those of clients have their URL whole, in another attribute.
    private static IEnumerable<string> PathsServed(string traces)
        => UrlPath().Matches(traces).Select(match => traces.Substring(match.Index + match.Length, match.Groups["length"].Value[0]));

    // KeyValue { key (1): "url.path", value (2): AnyValue { string_value (1) } }
    [GeneratedRegex("url\\.path\x12.\x0a(?<length>.)", RegexOptions.Singleline)]
    private static partial Regex UrlPath();

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "inside {Path}")]
        public static partial void Inside(ILogger logger, string path);
    }
}
