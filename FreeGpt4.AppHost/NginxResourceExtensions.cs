using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FreeGpt4.AppHost;

internal static class NginxResourceExtensions
{
    /// <summary>Adds an nginx of this machine in front of an endpoint, configured from the templates in <c>nginx/</c>.</summary>
    /// <param name="program">The path of nginx.</param>
    public static IResourceBuilder<ExecutableResource> AddNginx(
        this IDistributedApplicationBuilder builder, string name, string program, EndpointReference upstream, ClusterSettings settings)
    {
        var templates = Path.GetFullPath("../nginx", builder.AppHostDirectory);
        var folder = Path.Combine(Path.GetTempPath(), $"freegpt4-nginx-{Guid.NewGuid():N}");

        return builder.AddExecutable(name, "sh", templates, "run.sh", program, folder)
            .OnBeforeResourceStarted(async (nginx, starting, cancellationToken) =>
            {
                // run.sh removes the folder when nginx ends; this is for an nginx that never started.
                var lifetime = starting.Services.GetRequiredService<IHostApplicationLifetime>();
                lifetime.ApplicationStopped.Register(() => Remove(folder));

                var configuration = new NginxConfiguration
                {
                    Port = nginx.GetEndpoint("http").Port,
                    Upstream = $"{await upstream.Property(EndpointProperty.IPV4Host).GetValueAsync(cancellationToken)}:{upstream.Port}",
                    UpstreamConnectTimeout = settings.UpstreamConnectTimeout,
                    UpstreamReadTimeout = settings.UpstreamReadTimeout,
                    MaxBodySize = settings.MaxBodySize,
                };
                await configuration.WriteAsync(templates, folder, cancellationToken);
            });
    }

    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // As usual: run.sh was quicker.
            return;
        }
    }
}
