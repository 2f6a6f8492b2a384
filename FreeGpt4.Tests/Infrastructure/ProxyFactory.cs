using System.Globalization;
using FreeGpt4.Proxy.Errors;
using FreeGpt4.Proxy.Forwarding;
using FreeGpt4.Proxy.Health;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>The edge in this process, on a real socket, in front of the given replicas. The type parameter only names the assembly.</summary>
internal sealed class ProxyFactory : WebApplicationFactory<ErrorResponse>
{
    private readonly Dictionary<string, string> _settings = [];
    private readonly Action<string> _onLog;
    private HttpClient? _client;
    private TimeSpan? _probeInterval;

    public ProxyFactory(IEnumerable<Uri> replicas, Action<string>? onLog = null)
    {
        _onLog = onLog ?? (_ => { });
        foreach (var (index, address) in replicas.Index())
        {
            _settings[$"services:llm-api:http:{index.ToString(CultureInfo.InvariantCulture)}"] = address.AbsoluteUri;
        }

        // Not UseKestrel(0): that changes the addresses of a server which may have started by then.
        UseKestrel(_ => { });
    }

    /// <summary>Talks to the edge, which is started on first use.</summary>
    public HttpClient Client => _client ??= Start();

    /// <summary>Sets an environment variable, so to speak. Before the first use of <see cref="Client"/>.</summary>
    public ProxyFactory With(string name, string value)
    {
        _settings[name] = value;
        return this;
    }

    /// <summary>Has the replicas asked whether they are ready. Otherwise only requests of the test reach them.</summary>
    public ProxyFactory WithProbes(TimeSpan interval)
    {
        _probeInterval = interval;
        return this;
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Development");
        builder.UseSetting("urls", "http://127.0.0.1:0");
        foreach (var (name, value) in _settings)
        {
            builder.UseSetting(name, value);
        }

        builder.ConfigureServices(services => services.AddLogging(logging =>
        {
            logging.ClearProviders();
            logging.AddProvider(new LogListener(_onLog));
        }));
        builder.ConfigureServices(services =>
        {
            services.AddSingleton(new Probes(_probeInterval, Patience.Limit));
            // However slow the test.
            services.AddSingleton(new KeptConnections(TimeSpan.FromHours(1)));
        });
    }

    protected override void Dispose(bool disposing)
    {
        _client?.Dispose();
        base.Dispose(disposing);
    }

    private HttpClient Start()
    {
        StartServer();
        // A test that leaves an answer unread must not wait for its rest.
        return new HttpClient(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero }) { BaseAddress = ClientOptions.BaseAddress };
    }
}
