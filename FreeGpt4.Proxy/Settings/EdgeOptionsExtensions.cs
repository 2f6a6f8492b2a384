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
            options.Read(settings);
            settings.ThrowIfBad<EdgeOptions>();
        }
    }
}
