using System.Collections;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;
using Google.Protobuf.WellKnownTypes;
using Health = Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus;

namespace Aspire.Hosting.Dashboard;

/// <summary>A resource instance as the dashboard wants to be told of it.</summary>
internal static class ResourceRow
{
    // Those that the dashboard would otherwise show on request only.
    private static readonly Dictionary<string, (string DisplayName, int SortOrder)> Highlighted = new(StringComparer.Ordinal)
    {
        [KnownProperties.ProjectPath] = ("Project path", 0),
        [KnownProperties.ProjectLaunchProfile] = ("Launch profile", 1),
        [KnownProperties.ExecutablePid] = ("Process ID", 2),
        [KnownProperties.ParameterValue] = ("Value", 0),
    };

    public static V1.WatchResourcesChange From(ResourceChange change) => change.IsRemoval
        ? new() { Delete = new() { ResourceName = change.Event.ResourceId, ResourceType = change.Event.Snapshot.ResourceType } }
        : new() { Upsert = From(change.Event) };

    public static V1.Resource From(ResourceEvent instance)
    {
        var snapshot = instance.Snapshot;
        var row = new V1.Resource
        {
            Name = instance.ResourceId,
            Uid = instance.ResourceId,
            DisplayName = instance.Resource.Name,
            ResourceType = snapshot.ResourceType,
            State = snapshot.State?.Text ?? "",
            StateStyle = Style(snapshot),
            CreatedAt = Time(snapshot.CreationTimeStamp),
            StartedAt = Time(snapshot.StartTimeStamp),
            StoppedAt = Time(snapshot.StopTimeStamp),
            IsHidden = snapshot.IsHidden,
            IconName = snapshot.IconName ?? "",
        };
        if (snapshot.IconVariant is { } variant)
        {
            row.IconVariant = CommandMessages.From(variant);
        }

        row.Environment.AddRange(snapshot.EnvironmentVariables.Select(From));
        row.Urls.AddRange(snapshot.Urls.Select(url => From(url, isInactive: url.IsInactive || snapshot.State?.Text != KnownResourceStates.Running)));
        row.Volumes.AddRange(snapshot.Volumes.Select(From));
        row.HealthReports.AddRange(snapshot.HealthReports.Select(From));
        row.Relationships.AddRange(snapshot.Relationships.Select(r => new V1.ResourceRelationship { ResourceName = r.ResourceName, Type = r.Type }));
        row.Commands.AddRange(snapshot.Commands.Where(c => c.Visibility.HasFlag(ResourceCommandVisibility.UI)).Select(CommandMessages.From));
        row.Properties.AddRange(
        [
            Property("resource.uid", row.Uid),
            Property("resource.name", row.Name),
            Property("resource.type", row.ResourceType),
            Property("resource.displayName", row.DisplayName),
            Property("resource.state", snapshot.State?.Text),
            Property("resource.exitCode", snapshot.ExitCode?.ToString(CultureInfo.InvariantCulture)),
            Property("resource.createTime", Text(snapshot.CreationTimeStamp)),
            Property("resource.startTime", Text(snapshot.StartTimeStamp)),
            Property("resource.stopTime", Text(snapshot.StopTimeStamp)),
            Property("resource.healthState", snapshot.HealthStatus?.ToString()),
            .. snapshot.Properties.Select(From),
        ]);

        return row;
    }

    // The dashboard goes by the style alone when there is one, so a process that runs but is not well must not be green.
    private static string Style(CustomResourceSnapshot snapshot)
        => snapshot.HealthStatus is Health.Unhealthy or Health.Degraded ? KnownResourceStateStyles.Warn : snapshot.State?.Style ?? "";

    // No variable can be marked as sensitive: the dashboard hides all of them until clicked, but prints all of them when it exports a
    // resource. So a secret is not sent; what is in a parameter can be looked up there.
    private static V1.EnvironmentVariable From(EnvironmentVariableSnapshot variable) => new()
    {
        Name = variable.Name,
        Value = variable.IsSensitive && variable.Value is { Length: > 0 } ? SecretValues.Mask : variable.Value ?? "",
        IsFromSpec = variable.IsFromSpec,
    };

    private static V1.Url From(UrlSnapshot url, bool isInactive) => new()
    {
        EndpointName = url.Name ?? "",
        FullUrl = url.Url,
        IsInternal = url.IsInternal,
        IsInactive = isInactive,
        DisplayProperties = new() { DisplayName = url.DisplayProperties.DisplayName, SortOrder = url.DisplayProperties.SortOrder },
    };

    private static V1.Volume From(VolumeSnapshot volume) => new()
    {
        Source = volume.Source ?? "",
        Target = volume.Target,
        MountType = volume.MountType,
        IsReadOnly = volume.IsReadOnly,
    };

    private static V1.HealthReport From(HealthReportSnapshot report)
    {
        var message = new V1.HealthReport
        {
            Key = report.Name,
            Description = report.Description ?? "",
            Exception = report.ExceptionText ?? "",
            LastRunAt = Time(report.LastRunAt),
        };
        if (report.Status is { } status)
        {
            message.Status = status switch
            {
                Health.Healthy => V1.HealthStatus.Healthy,
                Health.Degraded => V1.HealthStatus.Degraded,
                _ => V1.HealthStatus.Unhealthy,
            };
        }

        return message;
    }

    private static V1.ResourceProperty From(ResourcePropertySnapshot property)
    {
        var message = Property(property.Name, property.Value);
        message.IsSensitive = property.IsSensitive;
        if (Highlighted.TryGetValue(property.Name, out var display))
        {
            message.DisplayName = display.DisplayName;
            message.SortOrder = display.SortOrder;
            message.IsHighlighted = true;
        }

        return message;
    }

    private static V1.ResourceProperty Property(string name, object? value) => new() { Name = name, Value = ToValue(value), IsSensitive = false };

    private static Value ToValue(object? value) => value switch
    {
        null => Value.ForNull(),
        string text => Value.ForString(text),
        bool flag => Value.ForBool(flag),
        int number => Value.ForNumber(number),
        IEnumerable list => Value.ForList([.. list.Cast<object?>().Select(ToValue)]),
        _ => Value.ForString(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""),
    };

    private static Timestamp? Time(DateTime? time) => time is { } known ? Timestamp.FromDateTime(known.ToUniversalTime()) : null;

    private static string? Text(DateTime? time) => time?.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);
}
