using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>One instance of a resource changed.</summary>
public class ResourceEvent(IResource resource, string resourceId, CustomResourceSnapshot snapshot)
{
    public IResource Resource { get; } = resource;

    /// <summary>The instance: a replica has a name of its own.</summary>
    public string ResourceId { get; } = resourceId;

    public CustomResourceSnapshot Snapshot { get; } = snapshot;
}

/// <summary>The state of every resource instance, to read, to change and to wait for.</summary>
/// <remarks>Every watcher sees the latest state of every instance first, then each change in order; none waits for another.</remarks>
public class ResourceNotificationService : IDisposable
{
    private readonly IHostApplicationLifetime _lifetime;
    private readonly IServiceProvider _services;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ResourceEvent> _current = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<Channel<ResourceChange>, byte> _watchers = new();

    internal ResourceNotificationService(IHostApplicationLifetime lifetime, IServiceProvider services) => (_lifetime, _services) = (lifetime, services);

    public Task PublishUpdateAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
        => PublishUpdateAsync(resource, resource.Name, stateFactory);

    public Task PublishUpdateAsync(IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        lock (_lock)
        {
            var before = _current.TryGetValue(resourceId, out var known) ? known.Snapshot : InitialSnapshot(resource);
            var after = stateFactory(before);
            if (known is not null && after == before)
            {
                return Task.CompletedTask;
            }

            after = WithHiding(resource, before, after);
            after = after with { Commands = Commands(resource, after) };
            var change = new ResourceEvent(resource, resourceId, after);
            _current[resourceId] = change;
            foreach (var watcher in _watchers.Keys)
            {
                watcher.Writer.TryWrite(new(change));
            }
        }

        return Task.CompletedTask;
    }

    public bool TryGetCurrentState(string resourceId, [NotNullWhen(true)] out ResourceEvent? resourceEvent)
    {
        lock (_lock)
        {
            return _current.TryGetValue(resourceId, out resourceEvent);
        }
    }

    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var subscription = Subscribe();
        foreach (var resourceEvent in subscription.Known)
        {
            yield return resourceEvent;
        }

        await foreach (var change in subscription.Changes.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!change.IsRemoval)
            {
                yield return change.Event;
            }
        }
    }

    public async Task<ResourceEvent> WaitForResourceAsync(string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _lifetime.ApplicationStopping);
        await foreach (var resourceEvent in WatchAsync(stopping.Token).ConfigureAwait(false))
        {
            if (string.Equals(resourceEvent.Resource.Name, resourceName, StringComparison.OrdinalIgnoreCase) && predicate(resourceEvent))
            {
                return resourceEvent;
            }
        }

        throw new OperationCanceledException($"The application stopped while waiting for resource '{resourceName}'.");
    }

    public async Task<string> WaitForResourceAsync(string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        var resourceEvent = await WaitForResourceAsync(
            resourceName, e => e.Snapshot.State is { } state && targetStates.Contains(state.Text, StringComparer.OrdinalIgnoreCase), cancellationToken)
            .ConfigureAwait(false);
        return resourceEvent.Snapshot.State!.Text;
    }

    public Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default)
        => WaitForResourceAsync(resourceName, [targetState ?? KnownResourceStates.Running], cancellationToken);

    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default)
        => WaitForResourceHealthyAsync(resourceName, WaitBehavior.WaitOnResourceUnavailable, cancellationToken);

    /// <exception cref="DistributedApplicationException">The resource stopped or could not start, and <paramref name="waitBehavior"/> says not to wait on.</exception>
    public async Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default)
    {
        var resourceEvent = await WaitForResourceAsync(
            resourceName,
            e => e.Snapshot.HealthStatus == HealthStatus.Healthy
                || (waitBehavior == WaitBehavior.StopOnResourceUnavailable && IsTerminal(e.Snapshot)),
            cancellationToken).ConfigureAwait(false);

        return IsTerminal(resourceEvent.Snapshot)
            ? throw new DistributedApplicationException(
                $"Resource '{resourceName}' will not become healthy: {resourceEvent.ResourceId} is {resourceEvent.Snapshot.State!.Text}{ExitCodeText(resourceEvent.Snapshot)}.")
            : resourceEvent;
    }

    public void Dispose()
    {
        foreach (var watcher in _watchers.Keys)
        {
            watcher.Writer.TryComplete();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>The latest state of every instance.</summary>
    internal IReadOnlyList<ResourceEvent> Current()
    {
        lock (_lock)
        {
            return [.. _current.Values];
        }
    }

    /// <summary>Has what the commands of a resource say of themselves seen, although nothing else has changed.</summary>
    internal async Task RefreshCommandsAsync(IResource resource)
    {
        foreach (var known in Current().Where(known => known.Resource == resource))
        {
            await PublishUpdateAsync(resource, known.ResourceId, snapshot => snapshot with { Commands = [] }).ConfigureAwait(false);
        }
    }

    /// <summary>Forgets an instance that will not come back. Whoever knows it sees it hidden last.</summary>
    internal async Task RemoveAsync(IResource resource, string resourceId)
    {
        await PublishUpdateAsync(resource, resourceId, snapshot => snapshot with { IsHidden = true }).ConfigureAwait(false);
        lock (_lock)
        {
            if (!_current.Remove(resourceId, out var last))
            {
                return;
            }

            foreach (var watcher in _watchers.Keys)
            {
                watcher.Writer.TryWrite(new(last, IsRemoval: true));
            }
        }
    }

    /// <summary>The latest state of every instance, and every change from then on until disposed.</summary>
    internal ResourceSubscription Subscribe()
    {
        var channel = Channel.CreateUnbounded<ResourceChange>(new() { SingleReader = true });
        lock (_lock)
        {
            _watchers.TryAdd(channel, 0);
            return new([.. _current.Values], channel.Reader, () => _watchers.TryRemove(channel, out _));
        }
    }

    internal static bool IsTerminal(CustomResourceSnapshot snapshot) => snapshot.State is { } state && KnownResourceStates.TerminalStates.Contains(state.Text);

    internal static string ExitCodeText(CustomResourceSnapshot snapshot) => snapshot.ExitCode is { } code ? $" (exit code {code})" : "";

    private static CustomResourceSnapshot InitialSnapshot(IResource resource)
    {
        var snapshot = resource.TryGetLastAnnotation<ResourceSnapshotAnnotation>(out var annotation)
            ? annotation.InitialSnapshot
            : new CustomResourceSnapshot
            {
                ResourceType = resource switch
                {
                    ProjectResource => "Project",
                    ExecutableResource => "Executable",
                    ContainerResource => "Container",
                    ParameterResource => "Parameter",
                    _ => resource.GetType().Name,
                },
                Properties = [],
            };

        var icon = resource.TryGetLastAnnotation<ResourceIconAnnotation>(out var named) ? named : null;
        var relationships = resource.Annotations.OfType<ResourceRelationshipAnnotation>().Select(r => new RelationshipSnapshot(r.Resource.Name, r.Type));
        return snapshot with
        {
            CreationTimeStamp = snapshot.CreationTimeStamp ?? DateTime.UtcNow,
            Relationships = [.. snapshot.Relationships, .. relationships.Distinct()],
            IconName = snapshot.IconName ?? icon?.IconName,
            IconVariant = snapshot.IconVariant ?? icon?.IconVariant,
        };
    }

    // What hides it goes by how it ended, so that it shows again when it is started again.
    private static CustomResourceSnapshot WithHiding(IResource resource, CustomResourceSnapshot before, CustomResourceSnapshot after)
        => resource.TryGetLastAnnotation<HiddenAnnotation>(out var hidden) && before.IsHidden == after.IsHidden
            ? after with { IsHidden = hidden.Hides(after) }
            : after;

    private ImmutableArray<ResourceCommandSnapshot> Commands(IResource resource, CustomResourceSnapshot snapshot)
    {
        var context = new UpdateCommandStateContext { ResourceSnapshot = snapshot, ServiceProvider = _services };
        return
        [
            .. resource.Annotations.OfType<ResourceCommandAnnotation>().Select(command => new ResourceCommandSnapshot(
                command.Name, command.UpdateState(context), command.DisplayName, command.DisplayDescription, command.ParameterValue,
                command.ConfirmationMessage, command.IconName, command.IconVariant, command.IsHighlighted)
            {
                Arguments = command.Arguments,
                Visibility = command.Visibility,
            }),
        ];
    }
}

/// <param name="Known">What was known at the moment of subscribing.</param>
/// <param name="Changes">What has changed since, in order.</param>
internal sealed record ResourceSubscription(IReadOnlyList<ResourceEvent> Known, ChannelReader<ResourceChange> Changes, Action End) : IDisposable
{
    public void Dispose() => End();
}

/// <param name="Event">The latest of the instance.</param>
/// <param name="IsRemoval">Whether the instance is gone for good.</param>
internal readonly record struct ResourceChange(ResourceEvent Event, bool IsRemoval = false);
