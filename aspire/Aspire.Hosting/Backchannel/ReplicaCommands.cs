using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Backchannel;

/// <summary>Executes a command for one replica, or for all replicas of a resource.</summary>
/// <remarks>
/// A restart of several takes one after the other, so that there is always one to serve: the next has its turn when the one before is as
/// healthy as it was.
/// </remarks>
internal sealed class ReplicaCommands(ResourceNotificationService notifications, ResourceCommandService commands)
{
    private static readonly TimeSpan HealthLimit = TimeSpan.FromSeconds(120);

    public async Task<CommandResponse> ExecuteAsync(CommandRequest request, CancellationToken cancellationToken)
    {
        var instances = notifications.Named(request.ResourceName);
        if (instances.Count == 0)
        {
            return Response(CommandResults.Failure($"There is no resource '{request.ResourceName}'."));
        }

        var known = instances[0].Resource.Annotations.OfType<ResourceCommandAnnotation>()
            .Where(command => command.Visibility.HasFlag(ResourceCommandVisibility.Api)).Select(command => command.Name).Distinct().ToArray();
        if (!known.Contains(request.CommandName, StringComparer.OrdinalIgnoreCase))
        {
            return Response(CommandResults.Failure(
                $"'{instances[0].Resource.Name}' has no command '{request.CommandName}'; it has {(known.Length > 0 ? string.Join(", ", known) : "none")}."));
        }

        if (request.ValidateOnly)
        {
            return Response(CommandResults.Success());
        }

        var command = instances[0].Resource.Annotations.OfType<ResourceCommandAnnotation>().Last(
            known => string.Equals(known.Name, request.CommandName, StringComparison.OrdinalIgnoreCase));
        var values = CliArguments.Read(request.Arguments ?? [], command.Arguments);
        return Response(
            instances is [var only] ? await commands.ExecuteAsync(only.ResourceId, request.CommandName, values, cancellationToken).ConfigureAwait(false)
            : IsRestart(request.CommandName) ? await RestartAsync(instances, cancellationToken).ConfigureAwait(false)
            : await commands.ExecuteAsync(instances[0].Resource, request.CommandName, values, cancellationToken).ConfigureAwait(false));
    }

    private async Task<ExecuteCommandResult> RestartAsync(IReadOnlyList<ResourceEvent> instances, CancellationToken cancellationToken)
    {
        foreach (var instance in instances)
        {
            var wasHealthy = IsHealthy(instance.ResourceId);
            var result = await commands.ExecuteCommandAsync(instance.ResourceId, KnownResourceCommands.RestartCommand, cancellationToken).ConfigureAwait(false);
            if (!result.Success)
            {
                return result;
            }

            if (wasHealthy && !await BecomesHealthyAsync(instance.ResourceId, cancellationToken).ConfigureAwait(false))
            {
                return CommandResults.Failure(
                    $"{instance.ResourceId} was restarted and is not healthy again after {HealthLimit.TotalSeconds} s: those after it were not restarted.");
            }
        }

        return CommandResults.Success($"Restarted {string.Join(", ", instances.Select(instance => instance.ResourceId))}.");
    }

    private bool IsHealthy(string id) => notifications.TryGetCurrentState(id, out var instance) && instance.Snapshot.HealthStatus == HealthStatus.Healthy;

    private async Task<bool> BecomesHealthyAsync(string id, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(HealthLimit);
        try
        {
            await foreach (var changed in notifications.WatchAsync(limit.Token).ConfigureAwait(false))
            {
                if (changed.ResourceId == id && changed.Snapshot.HealthStatus == HealthStatus.Healthy)
                {
                    return true;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Not within the limit.
        }

        return false;
    }

    private static bool IsRestart(string command) => string.Equals(command, KnownResourceCommands.RestartCommand, StringComparison.OrdinalIgnoreCase);

    private static CommandResponse Response(ExecuteCommandResult result)
    {
        var isAboutArguments = result.InvalidArguments.Count > 0;
        var message = isAboutArguments ? "Command argument validation failed." : result.Message;
        return new(
            result.Success, result.Canceled, message, message,
            result.Data is { } data ? new(data.Value, data.Format.ToString().ToLowerInvariant(), data.DisplayImmediately) : null,
            [.. result.InvalidArguments.Select(invalid => new CommandArgumentError(invalid.Argument, invalid.Error))]);
    }
}
