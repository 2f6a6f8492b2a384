using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.Extensions.Options;

namespace FreeGpt4.Proxy.Settings;

internal static class EdgeOptionsExtensions
{
    public static void AddEdgeOptions(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IConfigureOptions<EdgeOptions>, FromEnvironment>();
        builder.Services.AddOptions<EdgeOptions>().ValidateOnStart();
    }

    private sealed class FromEnvironment(IConfiguration configuration) : IConfigureOptions<EdgeOptions>
    {
        public void Configure(EdgeOptions options)
        {
            var settings = new SettingsReader(configuration);
            options.Port = settings.Number("EDGE_PORT", options.Port, 1, 65535);
            options.KeptConnections = settings.Number("UPSTREAM_KEEPALIVE", options.KeptConnections, 0, 10_000);
            options.ConnectTimeout = settings.Duration(
                "UPSTREAM_CONNECT_TIMEOUT", options.ConnectTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
            options.ReadTimeout = settings.Duration(
                "UPSTREAM_READ_TIMEOUT", options.ReadTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
            options.MaxBodySize = settings.Size("MAX_BODY_SIZE", options.MaxBodySize, 1 << 10, 1L << 30);
            settings.ThrowIfBad<EdgeOptions>();
        }
    }
}
