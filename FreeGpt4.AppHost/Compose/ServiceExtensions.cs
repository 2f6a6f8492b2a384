using Aspire.Hosting.Docker.Resources.ComposeNodes;

namespace FreeGpt4.AppHost.Compose;

internal static class ServiceExtensions
{
    /// <summary>What every service of the cluster has in common: little that it may do, and that it comes back.</summary>
    public static IResourceBuilder<T> PublishAsService<T>(this IResourceBuilder<T> builder, Action<Service> configure)
        where T : IComputeResource => builder.PublishAsDockerComposeService((_, service) =>
        {
            // Nothing else: neither where others listen, nor what an Aspire of another version adds.
            service.Environment = builder.Resource.Annotations.OfType<PublishedSetting>().ToDictionary(setting => setting.Variable, setting => setting.Value);
            service.Expose.Clear();
            service.Ports.Clear();
            service.Volumes.Clear();
            service.Networks.Clear();

            service.Init = true;
            service.ReadOnly = true;
            service.CapDrop = ["ALL"];
            service.SecurityOpt = ["no-new-privileges:true"];
            service.Tmpfs = ["/tmp"];
            // And no deploy.restart_policy, which would go before it and give up after some crashes.
            service.Restart = "unless-stopped";
            service.Logging = new()
            {
                Driver = "json-file",
                Options = new() { ["max-size"] = "${CONTAINER_LOG_SIZE:-10m}", ["max-file"] = "${CONTAINER_LOG_COUNT:-3}" },
            };
            configure(service);
        });

    public static Service WithVolume(this Service service, string name, string target)
        => service.AddVolume(new() { Name = name, Type = "volume", Source = name, Target = target });

    /// <summary>A check that says soon that a service has started, and later now and then whether it still can do its work.</summary>
    public static Service WithHealthcheck(this Service service, params string[] test)
    {
        service.Healthcheck = new() { Test = ["CMD", .. test], Interval = "30s", Timeout = "10s", Retries = 3, StartPeriod = "180s" };
        return service;
    }
}
