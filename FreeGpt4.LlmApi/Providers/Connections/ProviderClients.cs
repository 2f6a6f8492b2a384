using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace FreeGpt4.LlmApi.Providers.Connections;

/// <summary>
/// An HTTP client for each provider, made when the provider is. One whose settings have changed is replaced; its connections are closed
/// when nobody has it any more, so that requests under way end as they began.
/// </summary>
/// <remarks>
/// Not <see cref="IHttpClientFactory"/>: its clients are set up before the service starts, and one that is no longer wanted stays. None of
/// these has a handler that sends a chat again, which would have it answered, and billed, twice: trying again is the fallback's decision.
/// </remarks>
internal sealed class ProviderClients(IMeterFactory meters, TimeProvider time) : IDisposable
{
    private static readonly string? Version = typeof(ProviderClients).Assembly.GetName().Version?.ToString(2);
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _current = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Retired> _retired = [];
    private ITimer? _sweeps;

    /// <summary>The client of a provider: the one that it has, if that was made with the same settings.</summary>
    public HttpClient Get(string provider, TimeSpan connectTimeout, OutgoingProxies proxies)
    {
        lock (_gate)
        {
            if (_current.TryGetValue(provider, out var entry))
            {
                if (entry.ConnectTimeout == connectTimeout && entry.Proxies.Equals(proxies))
                {
                    return entry.Client;
                }

                Retire(entry);
            }

            var handler = Handler(connectTimeout, proxies);
            return (_current[provider] = new(connectTimeout, proxies, handler, Client(handler, disposeHandler: false))).Client;
        }
    }

    /// <summary>Takes leave of the clients of all other providers.</summary>
    public void KeepOnly(IReadOnlyCollection<string> providers)
    {
        lock (_gate)
        {
            foreach (var gone in _current.Keys.Except(providers, StringComparer.OrdinalIgnoreCase).ToList())
            {
                Retire(_current[gone]);
                _current.Remove(gone);
            }
        }
    }

    /// <summary>A client for one occasion, which the caller disposes of.</summary>
    public HttpClient Open(TimeSpan connectTimeout, OutgoingProxies proxies) => Client(Handler(connectTimeout, proxies), disposeHandler: true);

    /// <summary>Closes what nobody has any more.</summary>
    /// <returns>How many clients somebody still has, though they were replaced.</returns>
    public int Sweep()
    {
        lock (_gate)
        {
            _retired.RemoveAll(retired =>
            {
                var isOver = !retired.Client.TryGetTarget(out _);
                if (isOver)
                {
                    retired.Handler.Dispose();
                }

                return isOver;
            });
            if (_retired.Count == 0)
            {
                _sweeps?.Dispose();
                _sweeps = null;
            }

            return _retired.Count;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _sweeps?.Dispose();
            foreach (var handler in _current.Values.Select(entry => entry.Handler).Concat(_retired.Select(retired => retired.Handler)))
            {
                handler.Dispose();
            }
        }
    }

    private void Retire(Entry entry)
    {
        _retired.Add(new(new(entry.Client), entry.Handler));
        _sweeps ??= time.CreateTimer(_ => Sweep(), state: null, SweepInterval, SweepInterval);
    }

    // Of each request, and of the answer's content until it was read, somebody holds the client: the adapter that sent it.
    private static HttpClient Client(HttpMessageHandler handler, bool disposeHandler) => new(handler, disposeHandler)
    {
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestHeaders = { UserAgent = { new("FreeGpt4", Version) } },
    };

    private HttpMessageHandler Handler(TimeSpan connectTimeout, OutgoingProxies proxies)
    {
        if (proxies.IsEmpty)
        {
            // The system's proxy, where HTTPS_PROXY or the like names one.
            return Open(new());
        }

        return new ProxyHandler(proxies, proxy => Open(new() { UseProxy = proxy is not null, Proxy = proxy }), time);

        SocketsHttpHandler Open(SocketsHttpHandler handler)
        {
            handler.ConnectTimeout = connectTimeout;
            handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60);

            // Long enough to reuse connections under load, short enough to follow a change of DNS.
            handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
            handler.AllowAutoRedirect = false;

            // A cookie of one caller must not travel with the next.
            handler.UseCookies = false;
            handler.MeterFactory = meters;

            // Our trace ids are no business of an upstream that belongs to somebody else.
            handler.ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator();
            return handler;
        }
    }

    private sealed record Entry(TimeSpan ConnectTimeout, OutgoingProxies Proxies, HttpMessageHandler Handler, HttpClient Client);

    private sealed record Retired(WeakReference<HttpClient> Client, HttpMessageHandler Handler);
}
