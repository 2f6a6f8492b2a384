using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FreeGpt4.AppHost;

internal static class NginxResourceExtensions
{
    /// <summary>Adds an nginx of this machine in front of an endpoint, configured by <c>nginx/run.sh</c> from its environment.</summary>
    /// <param name="program">The path of nginx.</param>
    public static IResourceBuilder<ExecutableResource> AddNginx(
        this IDistributedApplicationBuilder builder, string name, string program, EndpointReference upstream)
    {
        var scripts = Path.GetFullPath("../nginx", builder.AppHostDirectory);
        var folder = Path.Combine(Path.GetTempPath(), $"freegpt4-nginx-{Guid.NewGuid():N}");

        return builder.AddExecutable(name, "sh", scripts, "run.sh", program, folder)
            .WithEnvironment("UPSTREAM", $"{upstream.Property(EndpointProperty.IPV4Host)}:{upstream.Property(EndpointProperty.Port)}")
            // It is an address, and any nginx knows what to do with one.
            .WithEnvironment("UPSTREAM_RESOLVE", "off")
            .OnBeforeResourceStarted((_, starting, _) =>
            {
                // run.sh removes the folder when nginx ends; this is for a run.sh that was killed.
                var lifetime = starting.Services.GetRequiredService<IHostApplicationLifetime>();
                lifetime.ApplicationStopped.Register(() => Remove(folder));
                return Task.CompletedTask;
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
