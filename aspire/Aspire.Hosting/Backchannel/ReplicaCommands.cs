using System.Diagnostics;
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
    private static readonly TimeSpan HealthInterval = TimeSpan.FromMilliseconds(100);

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
        var restarted = new List<string>();
        foreach (var id in instances.Select(instance => instance.ResourceId))
        {
            var wasHealthy = IsHealthy(id);
            var result = await commands.ExecuteCommandAsync(id, KnownResourceCommands.RestartCommand, cancellationToken).ConfigureAwait(false);

            // Whoever scales down meanwhile may take it away at any time.
            if (!Exists(id))
            {
                continue;
            }

            if (!result.Success)
            {
                return result;
            }

            if (wasHealthy && !await IsHealthyOrGoneSoonAsync(id, cancellationToken).ConfigureAwait(false))
            {
                return CommandResults.Failure(
                    $"{id} was restarted and is not healthy again after {HealthLimit.TotalSeconds} s: those after it were not restarted.");
            }

            restarted.Add(id);
        }

        return CommandResults.Success($"Restarted {string.Join(", ", restarted)}.");
    }

    private bool Exists(string id) => notifications.TryGetCurrentState(id, out _);

    private bool IsHealthy(string id) => notifications.TryGetCurrentState(id, out var instance) && instance.Snapshot.HealthStatus == HealthStatus.Healthy;

    private async Task<bool> IsHealthyOrGoneSoonAsync(string id, CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        using var looks = new PeriodicTimer(HealthInterval);
        while (Exists(id) && !IsHealthy(id))
        {
            if (waited.Elapsed > HealthLimit)
            {
                return false;
            }

            await looks.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false);
        }

        return true;
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
