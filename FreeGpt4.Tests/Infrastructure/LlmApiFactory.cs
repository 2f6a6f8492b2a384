using System.Net;
using FreeGpt4.LlmApi.OpenAI;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>
/// The API on a real listener, so that what goes over the wire is what is tested. Several projects have a <c>Program</c>:
/// the type parameter only names the assembly.
/// </summary>
internal sealed class LlmApiFactory : WebApplicationFactory<ErrorResponse>
{
    private static readonly string[] OwnSettings =
    [
        "CUSTOM_BASE_URL", "CUSTOM_API_KEY", "CUSTOM_MODELS", "CUSTOM_CONNECT_TIMEOUT", "CUSTOM_FIRST_TOKEN_TIMEOUT",
        "CUSTOM_INTER_TOKEN_TIMEOUT", "CUSTOM_ANSWER_TIMEOUT", "STREAM_PING_INTERVAL", "REPLICA_ID", "SYSTEM_PROMPT", "LOG_LEVEL",
        "OTEL_RESOURCE_ATTRIBUTES", "KEYWORD", "REMOVE_SOURCES", "COMPAT_STATUS", "PROVIDER", "FALLBACK_PROVIDERS", "PROVIDERS_FILE",
        "MODEL_ALIASES", "ConnectionStrings:freegpt4", "MASTER_KEY", "MODEL", "PROXIES", "FALLBACK_TIMEOUT", "PRIVATE_MODE",
        "ALLOWED_HOSTS", "ADMIN_PASSWORD",
    ];

    /// <summary>The name of a second upstream.</summary>
    public const string Other = "Other";

    private readonly Dictionary<string, string> _settings = OwnSettings.ToDictionary(name => name, _ => "");
    private readonly string _environment;
    private readonly TemporaryFolder _folder = new();
    private readonly Action<IServiceCollection> _configure;

    /// <param name="upstream">Configured as <c>Custom</c>.</param>
    /// <param name="other">Asked after it, as <see cref="Other"/>.</param>
    /// <param name="demo">Whether <c>Demo</c> stands behind it, as in Development.</param>
    public LlmApiFactory(
        UpstreamServer? upstream = null,
        bool demo = false,
        Action<IServiceCollection>? configure = null,
        UpstreamServer? other = null,
        params (string Name, string Value)[] settings)
    {
        _environment = demo ? "Development" : "Production";
        _configure = configure ?? (_ => { });
        _settings["CUSTOM_BASE_URL"] = upstream?.BaseUrl ?? "";
        _settings["DATA_DIR"] = EmptyState.CopyTo(Path.Combine(_folder.Path, "data"));

        // Nobody else: no test reaches the internet, or a server that happens to run on this machine.
        _settings["FALLBACK_PROVIDERS"] = demo ? "Custom,Demo" : "Custom";
        if (other is not null)
        {
            var file = Path.Combine(_folder.Path, "providers.json");
            File.WriteAllText(file, $$"""{"providers":[{"name":"{{Other}}","baseUrl":"{{other.BaseUrl}}"}]}""");
            _settings["PROVIDERS_FILE"] = file;
            _settings["FALLBACK_PROVIDERS"] = $"Custom,{Other}";
        }

        foreach (var (name, value) in settings)
        {
            _settings[name] = value;
        }

        UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment(_environment);
        builder.ConfigureLogging(logging => logging.ClearProviders().AddProvider(new LogListener(line => LeakWatch.LookAt("LlmApi", line))));
        builder.ConfigureServices(_configure);

        // Nobody is left to drain for when a test is over.
        builder.ConfigureServices(services =>
            services.PostConfigure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMilliseconds(50)));
        foreach (var (name, value) in _settings)
        {
            builder.UseSetting(name, value);
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _folder.Dispose();
    }
}
