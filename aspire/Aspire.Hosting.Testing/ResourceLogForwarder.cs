using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Testing;

/// <summary>Writes the console output of every resource to the loggers of the test, as category <c>{AppHost}.Resources.{resource}</c>.</summary>
internal sealed class ResourceLogForwarder(
    ResourceNotificationService notifications, ResourceLoggerService logs, IHostEnvironment environment, ILoggerFactory loggers) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var followed = new HashSet<string>(StringComparer.Ordinal);
        var following = new List<Task>();
        try
        {
            await foreach (var changed in notifications.WatchAsync(stoppingToken).ConfigureAwait(false))
            {
                if (followed.Add(changed.ResourceId))
                {
                    following.Add(FollowAsync(changed.ResourceId, loggers.CreateLogger($"{environment.ApplicationName}.Resources.{changed.Resource.Name}"), stoppingToken));
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAll(following).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync(string resourceId, ILogger logger, CancellationToken cancellationToken)
    {
        await foreach (var batch in logs.WatchAsync(resourceId).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            foreach (var line in batch)
            {
                logger.Log(line.IsErrorMessage ? LogLevel.Error : LogLevel.Information, default, line, null, static (l, _) => $"{l.LineNumber}: {l.Content}");
            }
        }
    }
}
