using FreeGpt4.Tests.Infrastructure;
using FreeGpt4.Tests.ServiceDefaults;

namespace FreeGpt4.Tests.Proxy;

public sealed class TraceTests
{
    [Fact(Timeout = Patience.OfTest)]
    public async Task Request_WithToken_IsExportedWithoutItAndWithItsWayThroughTheEdge()
    {
        const string Token = "s3cr3t-in-query";
        var path = $"/v1/{Guid.NewGuid():N}";
        await using var collector = await Collector.StartAsync();
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = new ProxyFactory([replica.Address])
            .With("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address.AbsoluteUri).With("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
            .With("OTEL_BSP_SCHEDULE_DELAY", "100").With("OTEL_METRIC_EXPORT_INTERVAL", "1000").With("OTEL_TRACES_SAMPLER", "always_on")
            .With("OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION", "true")
            .With("OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION", "true")
            .With("RATE_LIMIT_API", "1r/m").With("RATE_LIMIT_BURST", "0");

        for (var i = 0; i < 3; i++)
        {
            using var response = await edge.Client.GetAsync($"{path}?token={Token}", TestContext.Current.CancellationToken);
        }

        await collector.Traces.ReceivesAsync("proxy.forwarder");
        await collector.Traces.ReceivesAsync(path);
        await collector.Metrics.ReceivesAsync("freegpt4.proxy.limited");
        collector.Traces.Text.ShouldNotContain(Token);
    }
}
