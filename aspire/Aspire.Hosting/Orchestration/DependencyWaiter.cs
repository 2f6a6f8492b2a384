using System.Collections.Concurrent;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Orchestration;

/// <summary>Holds a resource back until those it waits for have come far enough, every replica of them.</summary>
internal sealed class DependencyWaiter(ResourceNotificationService notifications, ResourceLoggerService logs, ReplicaSets sets)
{
    private readonly ConcurrentDictionary<TaskCompletionSource, IResource> _waits = new();

    /// <summary>Returns when the resource need not wait any longer. Until then its instances show for what they wait, and their logs why.</summary>
    /// <param name="instances">All instances of one resource.</param>
    /// <exception cref="DistributedApplicationException">A dependency ended, and the wait was told not to outlast that.</exception>
    public async Task WaitForDependenciesAsync(IReadOnlyList<ResourceInstance> instances, CancellationToken cancellationToken)
    {
        if (instances is not [{ Resource: var resource }, ..] || (!resource.HasAnnotationOfType<WaitAnnotation>() && !MissingParameters(resource).Any()))
        {
            return;
        }

        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waits[ended] = resource;
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await await Task.WhenAny(WaitForAllAsync(instances, abandoned.Token), ended.Task).ConfigureAwait(false);
        }
        finally
        {
            _waits.TryRemove(ended, out _);
            await abandoned.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Ends the wait of a resource although what it waits for is not there.</summary>
    /// <returns>Whether it waited.</returns>
    public bool TryEndWait(IResource resource) => _waits.Where(wait => wait.Value == resource).Aggregate(false, (ended, wait) => wait.Key.TrySetResult() || ended);

    /// <summary>Returns when every replica runs and is healthy.</summary>
    public Task WaitUntilHealthyAsync(IResource resource, CancellationToken cancellationToken)
        => WaitForReplicasAsync(resource, snapshot => snapshot.HealthStatus == HealthStatus.Healthy, _ => { }, cancellationToken);

    private async Task WaitForAllAsync(IReadOnlyList<ResourceInstance> instances, CancellationToken cancellationToken)
    {
        var resource = instances[0].Resource;
        var said = new ConcurrentDictionary<string, byte>(StringComparer.Ordinal);
        var waits = resource.Annotations.OfType<WaitAnnotation>()
            .Select(wait => (wait.Resource.Name, Task: WaitAsync(resource, wait, Explain, cancellationToken)))
            .Concat(MissingParameters(resource).Select(parameter => (parameter.Name, Task: (Task)parameter.GetValueAsync(cancellationToken).AsTask())))
            .ToList();
        Explain($"Waiting for {string.Join(", ", waits.Select(wait => wait.Name).Distinct())}.");
        while (waits.Count > 0)
        {
            await PublishAsync([.. waits.Select(wait => wait.Name).Distinct()]).ConfigureAwait(false);
            var finished = await Task.WhenAny(waits.Select(wait => wait.Task)).ConfigureAwait(false);
            waits.RemoveAll(wait => wait.Task == finished);
            await finished.ConfigureAwait(false);
        }

        void Explain(string line)
        {
            foreach (var instance in said.TryAdd(line, 0) ? instances : [])
            {
                logs.Append(instance.Id, line, isError: false);
            }
        }

        async Task PublishAsync(string[] names)
        {
            foreach (var instance in instances)
            {
                await notifications.PublishUpdateAsync(resource, instance.Id, snapshot => snapshot with
                {
                    State = KnownResourceStates.Waiting,
                    Properties = snapshot.Properties.With(KnownProperties.WaitingFor, names),
                }).ConfigureAwait(false);
            }
        }
    }

    private Task WaitAsync(IResource resource, WaitAnnotation wait, Action<string> explain, CancellationToken cancellationToken) => WaitForReplicasAsync(
        wait.Resource,
        wait.WaitType switch
        {
            WaitType.WaitUntilHealthy => snapshot => snapshot.HealthStatus == HealthStatus.Healthy,
            WaitType.WaitUntilStarted => snapshot => snapshot.State?.Text == KnownResourceStates.Running,
            WaitType.WaitForCompletion => snapshot => IsEnded(snapshot) && snapshot.ExitCode == wait.ExitCode,
            _ => throw new NotSupportedException($"WaitType.{wait.WaitType} is not supported by the local Aspire.Hosting."),
        },
        changed =>
        {
            if (Obstacle(changed) is { } obstacle)
            {
                explain($"Waiting for {wait.Resource.Name}: {obstacle}");
            }

            var inVain = wait.WaitType == WaitType.WaitForCompletion
                ? IsEnded(changed.Snapshot) && changed.Snapshot.ExitCode != wait.ExitCode
                : wait.WaitBehavior == WaitBehavior.StopOnResourceUnavailable && IsEnded(changed.Snapshot);
            if (inVain)
            {
                throw new DistributedApplicationException(
                    $"'{resource.Name}' waits in vain: {changed.ResourceId} is {changed.Snapshot.State!.Text}{ResourceNotificationService.ExitCodeText(changed.Snapshot)}.");
            }
        },
        cancellationToken);

    private async Task WaitForReplicasAsync(
        IResource dependency, Func<CustomResourceSnapshot, bool> satisfied, Action<ResourceEvent> observe, CancellationToken cancellationToken)
    {
        var done = new HashSet<string>(StringComparer.Ordinal);

        await foreach (var changed in notifications.WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            if (changed.Resource != dependency)
            {
                continue;
            }

            if (satisfied(changed.Snapshot))
            {
                done.Add(changed.ResourceId);
            }
            else
            {
                done.Remove(changed.ResourceId);
                observe(changed);
            }

            // Looked up each time: meanwhile it may have been scaled.
            if (done.Count >= sets.CountOf(dependency))
            {
                return;
            }
        }
    }

    private static IEnumerable<ParameterResource> MissingParameters(IResource resource) => resource.Annotations.OfType<ResourceRelationshipAnnotation>()
        .Select(relationship => relationship.Resource).OfType<ParameterResource>().Where(parameter => parameter.IsMissing).Distinct();

    private static string? Obstacle(ResourceEvent changed)
    {
        var snapshot = changed.Snapshot;
        return IsEnded(snapshot)
            ? $"{changed.ResourceId} is {snapshot.State!.Text}{ResourceNotificationService.ExitCodeText(snapshot)}."
            : snapshot.HealthReports.FirstOrDefault(r => r.Status is HealthStatus.Unhealthy or HealthStatus.Degraded) is { Description: { } description }
                ? $"{changed.ResourceId} is not healthy. {description}"
                : null;
    }

    private static bool IsEnded(CustomResourceSnapshot snapshot) => ResourceNotificationService.IsTerminal(snapshot);
}
