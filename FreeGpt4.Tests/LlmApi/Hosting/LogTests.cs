using System.Collections.Concurrent;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Hosting;

public sealed class LogTests
{
    [Theory]
    [InlineData("", true)]
    [InlineData("info", true)]
    [InlineData("WARNING", true)]
    [InlineData("ERROR", false)]
    public async Task Level_FromTheSettings_DecidesWhatIsLogged(string level, bool hasWarnings)
    {
        using var log = new Recorder();
        await using var upstream = await UpstreamServer.StartAsync(Status(500, "{}"));
        await using var api = Api(upstream, log, level);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body());

        log.Lines.Any(line => line.StartsWith("Custom did not answer", StringComparison.Ordinal)).ShouldBe(hasWarnings);
        log.Lines.ShouldNotContain(line => line.StartsWith("Executing endpoint", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("DEBUG")]
    [InlineData("TRACE")]
    public async Task Token_InTheQuery_IsNeverLogged(string level)
    {
        using var log = new Recorder();
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = Api(upstream, log, level);
        using var client = api.CreateClient();

        foreach (var query in (string[])["?text=hi&token=my-token", "?token=my-token", "models?token=my-token", "nowhere?token=my-token"])
        {
            using var response = await client.GetAsync(new Uri($"/{query}", UriKind.Relative), TestContext.Current.CancellationToken);
        }

        log.Lines.ShouldNotBeEmpty();
        log.Lines.ShouldNotContain(line => line.Contains("my-token", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Prompts_AnswersAndKeys_AreNotLoggedAtDebug()
    {
        using var log = new Recorder();
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            await (context.Request.Path.Value!.EndsWith("models", StringComparison.Ordinal)
                ? Status(401, "{\"error\":\"bad sk-test-1\"}")
                : Json("answer-complete.json"))(context);
        });
        await using var failing = await UpstreamServer.StartAsync(Status(400, """{"error":{"message":"bad sk-test-1: my-prompt"}}"""));
        await using var api = Api(upstream, log, "DEBUG");
        await using var failingApi = Api(failing, log, "DEBUG");
        foreach (var factory in (LlmApiFactory[])[api, failingApi])
        {
            using var client = factory.CreateClient();
            client.DefaultRequestHeaders.Authorization = new("Bearer", "my-token");
            using var buffered = await client.ChatAsync(ChatRequests.Body().Replace("hi", "my-prompt", StringComparison.Ordinal));
            using var text = await client.GetAsync(new Uri("/?text=my-prompt", UriKind.Relative), TestContext.Current.CancellationToken);
        }

        log.Lines.ShouldContain(line => line.StartsWith("Custom gives no list", StringComparison.Ordinal));
        foreach (var secret in (string[])["sk-test-1", "my-prompt", "my-token", "Grüße"])
        {
            log.Lines.ShouldNotContain(line => line.Contains(secret, StringComparison.Ordinal));
        }
    }

    private static LlmApiFactory Api(UpstreamServer upstream, Recorder log, string level) => new(
        upstream,
        configure: services => services.AddSingleton<ILoggerProvider>(log),
        settings: [("LOG_LEVEL", level), ("CUSTOM_API_KEY", "sk-test-1")]);

    private sealed class Recorder : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
