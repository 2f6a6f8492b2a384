using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FreeGpt4.ServiceDefaults;

internal static class HttpDefaultsExtensions
{
    /// <summary>
    /// Defaults of every <see cref="HttpClient"/> from the factory. No resilience handler: the stock one ends a call after 10 s and
    /// sends a POST again, which for a language model cuts the answer off or bills it twice. Whoever makes a call bounds it and
    /// decides on retries.
    /// </summary>
    public static void AddHttpDefaults(this IHostApplicationBuilder builder)
    {
        builder.Services.AddServiceDiscovery();
        builder.Services.ConfigureHttpClientDefaults(http =>
        {
            http.AddServiceDiscovery();
            http.ConfigureHttpClient(client => client.Timeout = Timeout.InfiniteTimeSpan);
            // At Trace the stock loggers write request headers, keys included.
            http.RemoveAllLoggers();
            http.UseSocketsHttpHandler((handler, _) =>
            {
                handler.ConnectTimeout = TimeSpan.FromSeconds(10);
                // Long enough to reuse connections under load, short enough to follow a change of DNS.
                handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
                // A cookie of one caller must not travel with the next.
                handler.UseCookies = false;
            });
            // The sockets handler renews its connections itself; the factory need not replace it every two minutes.
            http.SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        });
    }
}
