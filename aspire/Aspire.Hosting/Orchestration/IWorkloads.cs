using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dcp;

namespace Aspire.Hosting.Orchestration;

/// <summary>How DCP runs instances of one kind: as processes of this machine, or in containers.</summary>
internal interface IWorkloads
{
    /// <summary>What the dashboard shows of an instance from its start.</summary>
    ImmutableArray<ResourcePropertySnapshot> Describe(ResourceInstance instance, InstanceConfiguration configuration);

    Task CreateAsync(ResourceInstance instance, InstanceConfiguration configuration, CancellationToken cancellationToken);

    /// <summary>Asks an instance to end. <see cref="WatchAsync"/> tells when it has.</summary>
    Task StopAsync(ResourceInstance instance, CancellationToken cancellationToken);

    /// <summary>Has DCP forget an instance that has ended. <see cref="WatchAsync"/> tells when it has.</summary>
    Task DeleteAsync(ResourceInstance instance, CancellationToken cancellationToken);

    /// <summary>Stops instances and has DCP forget them; returns when nothing of them is left.</summary>
    Task RemoveAsync(IReadOnlySet<string> ids, CancellationToken cancellationToken);

    /// <summary>All instances of this kind and what becomes of them, until cancelled.</summary>
    IAsyncEnumerable<WorkloadChange> WatchAsync(CancellationToken cancellationToken);

    /// <summary>What an instance writes, a task for each stream, which ends with the stream.</summary>
    IEnumerable<Task> FollowLogs(ResourceInstance instance, Action<string, bool> append, CancellationToken cancellationToken);
}

/// <param name="Id">Of the instance.</param>
/// <param name="IsDeleted">Whether DCP has forgotten it.</param>
internal sealed record WorkloadChange(string Id, DcpWorkloadStatus? Status, bool IsDeleted);
