using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FreeGpt4.AppHost;

/// <summary>What the cluster says and does while it starts.</summary>
internal static partial class StartExtensions
{
    /// <summary>Ends the AppHost, with exit code 1, when every replica of the resource has ended before one was ready: nobody could be served.</summary>
    public static IResourceBuilder<T> RequiredForStart<T>(this IResourceBuilder<T> builder) where T : IResource
    {
        var ready = false;
        var ended = new ConcurrentDictionary<string, bool>();
        return builder
            .OnResourceReady((_, _, _) =>
            {
                ready = true;
                return Task.CompletedTask;
            })
            .OnResourceStopped((resource, stopped, _) =>
            {
                var lifetime = stopped.Services.GetRequiredService<IHostApplicationLifetime>();
                var notifications = stopped.Services.GetRequiredService<ResourceNotificationService>();
                ended[stopped.ResourceEvent.ResourceId] = true;

                // One that has ended may have been started again.
                var gone = ended.Keys.Count(id => notifications.TryGetCurrentState(id, out var now)
                    && KnownResourceStates.TerminalStates.Contains(now.Snapshot.State?.Text));
                if (!ready && gone >= resource.GetReplicaCount() && !lifetime.ApplicationStopping.IsCancellationRequested)
                {
                    Log.CannotRun(Logger(stopped.Services), resource.Name, stopped.ResourceEvent.Snapshot.State?.Text ?? "stopped");
                    Environment.ExitCode = 1;
                    lifetime.StopApplication();
                }

                return Task.CompletedTask;
            });
    }

    /// <summary>Prints the address of the edge when the cluster can be used, and where the first admin's password is until it is changed.</summary>
    public static IResourceBuilder<T> AnnounceWhenReady<T>(this IResourceBuilder<T> edge, string passwordFile)
        where T : IResourceWithEndpoints => edge.OnResourceReady((resource, ready, _) =>
        {
            var logger = Logger(ready.Services);
            Log.Ready(logger, resource.GetEndpoint("http").Url);
            if (File.Exists(passwordFile))
            {
                Log.FirstPassword(logger, passwordFile);
            }

            return Task.CompletedTask;
        });

    private static ILogger Logger(IServiceProvider services) => services.GetRequiredService<ILoggerFactory>().CreateLogger("FreeGpt4");

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "FreeGpt4 is ready: {Url}")]
        public static partial void Ready(ILogger logger, string url);

        [LoggerMessage(2, LogLevel.Critical, "The cluster cannot run: {Resource} is {State} before it was ready.")]
        public static partial void CannotRun(ILogger logger, string resource, string state);

        [LoggerMessage(3, LogLevel.Information, "The password of the user admin is in {File}.")]
        public static partial void FirstPassword(ILogger logger, string file);
    }
}
