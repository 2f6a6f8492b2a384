using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Executes the commands of resources, for the dashboard and for tests.</summary>
public partial class ResourceCommandService
{
    private readonly ResourceNotificationService _notifications;
    private readonly ResourceLoggerService _logs;
    private readonly IServiceProvider _services;

    internal ResourceCommandService(ResourceNotificationService notifications, ResourceLoggerService logs, IServiceProvider services)
    {
        _notifications = notifications;
        _logs = logs;
        _services = services;
    }

    /// <summary>Executes a command for one instance; what goes wrong is told by the result.</summary>
    /// <param name="resourceId">The name of an instance, or of a resource that has one instance.</param>
    /// <param name="commandName">For example one of <see cref="KnownResourceCommands"/>.</param>
    public async Task<ExecuteCommandResult> ExecuteCommandAsync(string resourceId, string commandName, CancellationToken cancellationToken = default)
    {
        if (Find(resourceId) is not { } instance)
        {
            return CommandResults.Failure($"There is no resource instance '{resourceId}'.");
        }

        var command = instance.Resource.Annotations.OfType<ResourceCommandAnnotation>()
            .LastOrDefault(c => string.Equals(c.Name, commandName, StringComparison.OrdinalIgnoreCase));
        if (command is null)
        {
            return CommandResults.Failure($"'{instance.ResourceId}' has no command '{commandName}'.");
        }

        try
        {
            return await command.ExecuteCommand(new()
            {
                ServiceProvider = _services,
                ResourceName = instance.ResourceId,
                CancellationToken = cancellationToken,
                Logger = _logs.GetLogger(instance.ResourceId),
            }).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return CommandResults.Canceled();
        }
#pragma warning disable CA1031 // The callback is the application's own: whatever it throws is the result of the command.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.Failed(_logs.GetLogger(instance.ResourceId), exception, command.Name);
            return CommandResults.Failure(exception);
        }
    }

    /// <summary>Executes a command for every instance of a resource, all at once.</summary>
    public async Task<ExecuteCommandResult> ExecuteCommandAsync(IResource resource, string commandName, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resource);

        var ids = _notifications.Current().Where(e => e.Resource == resource).Select(e => e.ResourceId).ToArray();
        if (ids.Length == 0)
        {
            return CommandResults.Failure($"'{resource.Name}' has no instance.");
        }

        var results = await Task.WhenAll(ids.Select(id => ExecuteCommandAsync(id, commandName, cancellationToken))).ConfigureAwait(false);
        if (ids.Length == 1)
        {
            return results[0];
        }

        var failures = ids.Zip(results).Where(r => r.Second is { Success: false, Canceled: false }).ToArray();
        return failures.Length > 0 ? CommandResults.Failure(string.Join('\n', failures.Select(f => $"{f.First}: {f.Second.Message}")))
            : results.Any(r => r.Canceled) ? CommandResults.Canceled()
            : CommandResults.Success();
    }

    private ResourceEvent? Find(string resourceId)
    {
        if (_notifications.TryGetCurrentState(resourceId, out var instance))
        {
            return instance;
        }

        var ofName = _notifications.Current().Where(e => string.Equals(e.Resource.Name, resourceId, StringComparison.OrdinalIgnoreCase)).Take(2).ToArray();
        return ofName.Length == 1 ? ofName[0] : null;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Command '{Command}' failed.")]
        public static partial void Failed(ILogger logger, Exception exception, string command);
    }
}
