using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;

namespace Aspire.Hosting.Orchestration;

/// <summary>Every resource stops after those that depend on it, so that each can still finish what it has.</summary>
internal static class StopOrder
{
    /// <summary>Returns when all have been stopped; those that do not depend on each other stop at the same time.</summary>
    public static async Task StopAsync(IReadOnlyCollection<IResource> resources, Func<IResource, Task> stop)
    {
        var stopping = new Dictionary<IResource, Task>();
        await Task.WhenAll(resources.Select(Stop)).ConfigureAwait(false);

        Task Stop(IResource resource)
        {
            if (!stopping.TryGetValue(resource, out var task))
            {
                stopping[resource] = task = StopAfterAsync(resource, [.. resources.Where(other => DependsOn(other, resource)).Select(Stop)]);
            }

            return task;
        }

        async Task StopAfterAsync(IResource resource, Task[] dependents)
        {
            await Task.WhenAll(dependents).ConfigureAwait(false);
            await stop(resource).ConfigureAwait(false);
        }
    }

    private static bool DependsOn(IResource resource, IResource other) => resource != other
        && (resource.Annotations.OfType<WaitAnnotation>().Any(w => w.Resource == other)

            // Telemetry written while stopping still arrives, and no exporter waits for a collector that has gone.
            || (other.Name == DashboardResource.Name && resource.HasAnnotationOfType<OtlpExporterAnnotation>()));
}
