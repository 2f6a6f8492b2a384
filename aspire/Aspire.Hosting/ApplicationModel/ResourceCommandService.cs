using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Executes the commands of resources, for the dashboard and for tests.</summary>
public partial class ResourceCommandService
{
    private static readonly Dictionary<string, string?> NoValues = [];

    private readonly ResourceNotificationService _notifications;
    private readonly ResourceLoggerService _logs;

    internal ResourceCommandService(ResourceNotificationService notifications, ResourceLoggerService logs, IServiceProvider services)
    {
        _notifications = notifications;
        _logs = logs;
        Services = services;
    }

    /// <summary>Of the application, for commands.</summary>
    internal IServiceProvider Services { get; }

    /// <summary>Executes a command for one instance; what goes wrong is told by the result.</summary>
    /// <param name="resourceId">The name of an instance, or of a resource that has one instance.</param>
    /// <param name="commandName">For example one of <see cref="KnownResourceCommands"/>.</param>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(string resourceId, string commandName, CancellationToken cancellationToken = default)
        => ExecuteAsync(resourceId, commandName, NoValues, cancellationToken);

    /// <param name="arguments">What the command is told.</param>
    /// <inheritdoc cref="ExecuteCommandAsync(string, string, CancellationToken)"/>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(
        string resourceId, string commandName, InteractionInputCollection arguments, CancellationToken cancellationToken = default)
        => ExecuteAsync(resourceId, commandName, Values(arguments), cancellationToken);

    /// <summary>Executes a command for every instance of a resource, all at once.</summary>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(IResource resource, string commandName, CancellationToken cancellationToken = default)
        => ExecuteAsync(resource, commandName, NoValues, cancellationToken);

    /// <param name="arguments">What the command is told.</param>
    /// <inheritdoc cref="ExecuteCommandAsync(IResource, string, CancellationToken)"/>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(
        IResource resource, string commandName, InteractionInputCollection arguments, CancellationToken cancellationToken = default)
        => ExecuteAsync(resource, commandName, Values(arguments), cancellationToken);

    /// <param name="values">The arguments by name, as text.</param>
    internal async Task<ExecuteCommandResult> ExecuteAsync(
        string resourceId, string commandName, IReadOnlyDictionary<string, string?> values, CancellationToken cancellationToken)
    {
        if (Find(resourceId) is not { } instance)
        {
            return CommandResults.Failure($"There is no resource instance '{resourceId}'.");
        }

        if (Command(instance.Resource, commandName) is not { } command)
        {
            return CommandResults.Failure($"'{instance.ResourceId}' has no command '{commandName}'.");
        }

        var logger = _logs.GetLogger(instance.ResourceId);
        try
        {
            var (arguments, errors) = await CommandArguments.ReadAsync(command, values, Services, cancellationToken).ConfigureAwait(false);
            return errors.Count > 0
                ? new()
                {
                    Success = false,
                    Message = string.Join('\n', errors.Select(error => $"{error.Argument}: {error.Error}")),
                    InvalidArguments = errors,
                }
                : await command.ExecuteCommand(new()
                {
                    ServiceProvider = Services,
                    ResourceName = instance.ResourceId,
                    Arguments = arguments,
                    CancellationToken = cancellationToken,
                    Logger = logger,
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
            Log.Failed(logger, exception, command.Name);
            return CommandResults.Failure(exception);
        }
    }

    /// <inheritdoc cref="ExecuteAsync(string, string, IReadOnlyDictionary{string, string}, CancellationToken)"/>
    internal async Task<ExecuteCommandResult> ExecuteAsync(
        IResource resource, string commandName, IReadOnlyDictionary<string, string?> values, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(resource);

        var ids = _notifications.Current().Where(e => e.Resource == resource).Select(e => e.ResourceId).ToArray();
        if (ids.Length == 0)
        {
            return CommandResults.Failure($"'{resource.Name}' has no instance.");
        }

        if (Command(resource, commandName) is { IsForAllInstances: true })
        {
            ids = ids[..1];
        }

        var results = await Task.WhenAll(ids.Select(id => ExecuteAsync(id, commandName, values, cancellationToken))).ConfigureAwait(false);
        if (ids.Length == 1)
        {
            return results[0];
        }

        var failures = ids.Zip(results).Where(r => r.Second is { Success: false, Canceled: false }).ToArray();
        return failures.Length > 0 ? CommandResults.Failure(string.Join('\n', failures.Select(f => $"{f.First}: {f.Second.Message}")))
            : results.Any(r => r.Canceled) ? CommandResults.Canceled()
            : new() { Success = true, Data = results.Select(r => r.Data).FirstOrDefault(data => data is not null) };
    }

    /// <returns>Null if there is no such instance or command.</returns>
    internal ResourceCommandAnnotation? Find(string resourceId, string commandName)
        => Find(resourceId) is { } instance ? Command(instance.Resource, commandName) : null;

    private static ResourceCommandAnnotation? Command(IResource resource, string name) => resource.Annotations.OfType<ResourceCommandAnnotation>()
        .LastOrDefault(command => string.Equals(command.Name, name, StringComparison.OrdinalIgnoreCase));

    private static Dictionary<string, string?> Values(InteractionInputCollection arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        return arguments.ToDictionary(argument => argument.Name, argument => argument.Value);
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
