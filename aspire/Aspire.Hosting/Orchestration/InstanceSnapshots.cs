using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dcp;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Orchestration;

/// <summary>What is published of an instance at the turns of its life.</summary>
internal static class InstanceSnapshots
{
    // The name under which the end of a process, or its failure to start, stands among the health reports.
    private const string ProcessReport = "process";

    public static string State(DcpWorkloadStatus status, bool asked) => status.State switch
    {
        "Running" or "Paused" => asked ? KnownResourceStates.Stopping : KnownResourceStates.Running,
        "Stopping" => KnownResourceStates.Stopping,
        "FailedToStart" => KnownResourceStates.FailedToStart,
        "Finished" or "Terminated" or "Exited" => status.ExitCode is 0 or null ? KnownResourceStates.Finished : KnownResourceStates.Exited,

        // Somebody else has removed the container.
        "Unknown" when status is DcpContainerStatus => KnownResourceStates.Exited,
        "RuntimeUnhealthy" => KnownResourceStates.RuntimeUnhealthy,
        _ => KnownResourceStates.Starting,
    };

    public static CustomResourceSnapshot Starting(
        CustomResourceSnapshot snapshot, IResource resource, InstanceConfiguration configuration,
        ImmutableArray<ResourcePropertySnapshot> properties, ImmutableArray<UrlSnapshot> urls) => snapshot with
        {
            State = KnownResourceStates.Starting,
            ExitCode = null,
            StartTimeStamp = null,
            StopTimeStamp = null,
            Urls = urls,
            HealthReports = ResourceHealthMonitor.Pending(resource),
            EnvironmentVariables = [.. configuration.Environment.Select(v => new EnvironmentVariableSnapshot(v.Key, v.Value.Text, IsFromSpec: true) { IsSensitive = v.Value.IsSecret })],
            Properties = properties,
            Volumes =
            [
                .. resource.Annotations.OfType<ContainerMountAnnotation>()
                    .Select(mount => new VolumeSnapshot(mount.Source, mount.Target, mount.Kind, mount.IsReadOnly)),
            ],
        };

    public static CustomResourceSnapshot Stopping(CustomResourceSnapshot snapshot)
        => snapshot with { State = new(KnownResourceStates.Stopping, Style(KnownResourceStates.Stopping, asked: true)) };

    public static CustomResourceSnapshot Changed(CustomResourceSnapshot snapshot, string state, DcpWorkloadStatus status, bool asked) => snapshot with
    {
        State = new(state, Style(state, asked)),
        ExitCode = status.ExitCode,
        StartTimeStamp = status.StartupTimestamp?.UtcDateTime,
        StopTimeStamp = status.FinishTimestamp?.UtcDateTime,
        Properties = status is DcpContainerStatus container
            ? snapshot.Properties.With(KnownProperties.ContainerId, container.ContainerId)
            : snapshot.Properties.With(KnownProperties.ExecutablePid, (status as DcpExecutableStatus)?.Pid),

        // What was found out about a process says nothing about its successor.
        HealthReports = KnownResourceStates.TerminalStates.Contains(state)
            ? [.. snapshot.HealthReports.Select(r => new HealthReportSnapshot(r.Name, null, null, null))]
            : snapshot.HealthReports,
    };

    /// <param name="details">The last lines of the process, or null.</param>
    public static CustomResourceSnapshot Failed(CustomResourceSnapshot snapshot, string description, string? details) => snapshot with
    {
        HealthReports = snapshot.HealthReports.RemoveAll(r => r.Name == ProcessReport)
            .Add(new(ProcessReport, HealthStatus.Unhealthy, description, details) { LastRunAt = DateTime.UtcNow }),
    };

    private static string? Style(string state, bool asked) => state switch
    {
        _ when state == KnownResourceStates.Running => KnownResourceStateStyles.Success,
        _ when state == KnownResourceStates.FailedToStart || (state == KnownResourceStates.Exited && !asked) => KnownResourceStateStyles.Error,
        _ => KnownResourceStateStyles.Info,
    };
}
