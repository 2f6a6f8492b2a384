using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dcp;

namespace Aspire.Hosting.Orchestration;

/// <typeparam name="T">The kind of DCP's objects, one for each instance and named by its id.</typeparam>
internal abstract class Workloads<T>(DcpClient client) : IWorkloads where T : DcpResource, IDcpWorkload
{
    protected DcpClient Client { get; } = client;

    /// <summary>The streams that an instance writes, and whether what is in them is an error.</summary>
    protected abstract IEnumerable<(DcpLogSource Source, bool IsError)> Logs { get; }

    public abstract ImmutableArray<ResourcePropertySnapshot> Describe(ResourceInstance instance, InstanceConfiguration configuration);

    public Task CreateAsync(ResourceInstance instance, InstanceConfiguration configuration, CancellationToken cancellationToken)
        => Client.CreateAsync(Object(instance, configuration), cancellationToken);

    public Task StopAsync(ResourceInstance instance, CancellationToken cancellationToken)
        => Client.PatchAsync<T>(instance.Id, new JsonObject { ["spec"] = new JsonObject { ["stop"] = true } }, cancellationToken);

    public Task DeleteAsync(ResourceInstance instance, CancellationToken cancellationToken) => Client.DeleteAsync<T>(instance.Id, cancellationToken);

    public abstract Task RemoveAsync(IReadOnlySet<string> ids, CancellationToken cancellationToken);

    public async IAsyncEnumerable<WorkloadChange> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var (type, workload) in Client.WatchAsync<T>(cancellationToken).ConfigureAwait(false))
        {
            yield return new(workload.Metadata.Name, ((IDcpWorkload)workload).Status, type is DcpChangeType.Deleted);
        }
    }

    public IEnumerable<Task> FollowLogs(ResourceInstance instance, Action<string, bool> append, CancellationToken cancellationToken)
        => Logs.Select(log => FollowAsync(instance, log.Source, line => append(line, log.IsError), cancellationToken));

    protected abstract T Object(ResourceInstance instance, InstanceConfiguration configuration);

    protected static Dictionary<string, string> Annotations(ResourceInstance instance) => new()
    {
        ["resource-name"] = instance.Resource.Name,
        ["resource-replica-count"] = $"{instance.Resource.GetReplicaCount()}",
        ["resource-replica-index"] = $"{instance.Index}",
        ["otel-service-name"] = instance.Resource.Name,
        ["otel-service-instance-id"] = instance.Suffix,
    };

    protected static IReadOnlyList<string> Args(InstanceConfiguration configuration)
        => [.. configuration.Args.Select(arg => DcpTemplate.Literal(arg.Text))];

    protected static IReadOnlyList<DcpEnvironmentVariable> Environment(InstanceConfiguration configuration)
        => [.. configuration.Environment.Select(v => new DcpEnvironmentVariable(v.Key, DcpTemplate.Literal(v.Value.Text)))];

    /// <summary>Arguments as they may be shown.</summary>
    protected static string[] Shown(InstanceConfiguration configuration)
        => [.. configuration.Args.Select(arg => arg.IsSecret ? SecretValues.Mask : arg.Text)];

    private async Task FollowAsync(ResourceInstance instance, DcpLogSource source, Action<string> append, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var line in Client.StreamLogsAsync<T>(instance.Id, source, follow: true, cancellationToken).ConfigureAwait(false))
            {
                append(line.Text);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The application has stopped; DCP closes its log streams.
        }
    }
}
