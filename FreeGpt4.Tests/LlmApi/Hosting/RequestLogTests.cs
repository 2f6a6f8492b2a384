using System.Collections.Concurrent;
using FreeGpt4.Tests.Infrastructure;
using FreeGpt4.Tests.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Hosting;

/// <summary>What stands in logs and in telemetry about a request, and what never does.</summary>
public sealed class RequestLogTests
{
    private static readonly string[] Secrets = ["my-prompt", "my-token", "Grüße", "sk-test-1"];

    [Theory(Timeout = Patience.OfTest)]
    [InlineData("INFO")]
    [InlineData("None")]
    [InlineData("Critical")]
    public async Task Request_WhenWanted_HasOneLine(string level)
    {
        var lines = new ConcurrentQueue<string>();
        var user = Guid.NewGuid();
        await using var upstream = await UpstreamServer.StartAsync(Events("stream-usage.sse"));
        using var log = new LogListener(lines.Enqueue);
        await using var api = new LlmApiFactory(
            upstream,
            configure: services =>
            {
                CallerHeader.Add(services);
                services.AddSingleton<ILoggerProvider>(log);
            },
            settings: [("LOG_LEVEL", level), ("ENABLE_REQUEST_LOGGING", "true"), ("CUSTOM_API_KEY", "sk-test-1")]);
        using var client = api.CreateClient();
        CallerHeader.Set(client, user);
        client.DefaultRequestHeaders.Add("x-request-id", "req-1");

        foreach (var path in (string[])["/v1/chat/completions?token=my-token", "/v1/my-prompt?token=my-token", "/v1/models/my-prompt"])
        {
            using var response = path.Contains("chat", StringComparison.Ordinal)
                ? await client.AskAsync(path, ChatRequests.Body(stream: true).Replace("hi", "my-prompt", StringComparison.Ordinal))
                : await client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
            _ = await response.TextAsync();
        }

        await Eventually.IsTrue(() => Lines(lines).Count == 3, Patience.Limit, "all are logged", TestContext.Current.CancellationToken);
        Lines(lines)[0].ShouldMatch(
            $"^POST /v1/chat/completions 200 Answered provider=Custom model=gpt-4o fallbacks=0 tokens=9\\+4 first=[0-9]+ ms duration=[0-9]+ ms user=user-{user.ToString()[..4]} request=req-1$");
        Lines(lines)[1].ShouldStartWith("GET - 404 - ");
        Lines(lines)[2].ShouldStartWith("GET /v1/models/{**id} 404 - ");
        foreach (var secret in Secrets)
        {
            lines.ShouldNotContain(line => line.Contains(secret, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Request_WhenNotWanted_HasNone()
    {
        var lines = new ConcurrentQueue<string>();
        using var log = new LogListener(lines.Enqueue);
        await using var api = new LlmApiFactory(demo: true, configure: services => services.AddSingleton<ILoggerProvider>(log));
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body());
        _ = await response.TextAsync();

        Lines(lines).ShouldBeEmpty();
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Telemetry_WhateverTheHostSets_HasNoQueriesAndNoContent()
    {
        using var folder = new TemporaryFolder();
        await using var collector = await Collector.StartAsync();
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        var api = ServiceProcess.Start(
            "FreeGpt4.LlmApi",
            ("ASPNETCORE_URLS", "http://127.0.0.1:0"),
            ("LOG_LEVEL", "DEBUG"),
            ("LOG_DIR", folder.Path),
            ("ENABLE_REQUEST_LOGGING", "true"),
            ("FALLBACK_PROVIDERS", "Custom"),
            ("CUSTOM_BASE_URL", upstream.BaseUrl),
            ("CUSTOM_API_KEY", "sk-test-1"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address.AbsoluteUri),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "100"),
            ("OTEL_BSP_SCHEDULE_DELAY", "100"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "100"),
            ("OTEL_TRACES_SAMPLER", "always_on"),
            ("OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION", "true"),
            ("OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION", "true"),
            ("OTEL_DOTNET_EXPERIMENTAL_EFCORE_ENABLE_TRACE_DB_QUERY_PARAMETERS", "true"),
            ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true"),
            ("OTEL_SEMCONV_STABILITY_OPT_IN", "gen_ai_latest_experimental,database/dup,http/dup"),
            ("OTEL_LOG_LEVEL", "debug"),
            ("DOTNET_SYSTEM_NET_HTTP_DISABLEURIREDACTION", "true"));
        await using (api)
        {
            using var client = new HttpClient { BaseAddress = await api.AddressAsync() };
            foreach (var path in (string[])["/?text=my-prompt&token=my-token", "/nowhere?token=my-token"])
            {
                using var response = await client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
            }

            using var chat = await client.AskAsync("/v1/chat/completions?token=my-token", ChatRequests.Body().Replace("hi", "my-prompt", StringComparison.Ordinal));
            (await chat.TextAsync()).ShouldContain("Grüße");
            await collector.Traces.ReceivesAsync("/v1/chat/completions");
            await collector.Logs.ReceivesAsync("POST /v1/chat/completions 200");
            await collector.Metrics.ReceivesAsync("gen_ai.client.operation.duration");
            await api.TerminateAsync();
            await api.ExitCodeAsync();
        }

        var written = string.Concat(Directory.GetFiles(folder.Path).Select(File.ReadAllText));
        written.ShouldContain("POST /v1/chat/completions 200");
        foreach (var secret in (string[])["my-prompt", "my-token", "sk-test-1", "Gr"])
        {
            foreach (var text in (string[])[collector.Traces.Text, collector.Logs.Text, collector.Metrics.Text, written, string.Concat(api.Output), string.Concat(api.Errors)])
            {
                text.ShouldNotContain(secret is "Gr" ? "Grüße" : secret, Case.Sensitive);
            }
        }
    }

    private static List<string> Lines(IEnumerable<string> all) => [.. all.Where(line => line.Contains(" request=", StringComparison.Ordinal))];
}
