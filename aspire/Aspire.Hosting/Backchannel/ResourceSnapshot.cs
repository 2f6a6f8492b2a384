using System.Collections;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Backchannel;

/// <summary>A resource instance as the CLI is told of it. Secrets are null.</summary>
/// <param name="Name">Of the instance.</param>
/// <param name="DisplayName">Of the resource.</param>
internal sealed record ResourceSnapshot(string Name, string DisplayName, string ResourceType)
{
    /// <summary>The resource's type, under the name that older CLIs know.</summary>
    public string Type => ResourceType;

    public string? State { get; init; }

    public string? StateStyle { get; init; }

    public string[]? WaitingFor { get; init; }

    public string? HealthStatus { get; init; }

    public int? ExitCode { get; init; }

    public DateTime? CreatedAt { get; init; }

    public DateTime? StartedAt { get; init; }

    public DateTime? StoppedAt { get; init; }

    public bool IsHidden { get; init; }

    public required Link[] Urls { get; init; }

    public required RelationshipSnapshot[] Relationships { get; init; }

    public required HealthReport[] HealthReports { get; init; }

    public required VolumeSnapshot[] Volumes { get; init; }

    public required EnvironmentVariableSnapshot[] EnvironmentVariables { get; init; }

    public required Dictionary<string, string?> Properties { get; init; }

    public required Command[] Commands { get; init; }

    public static ResourceSnapshot From(ResourceEvent instance, SecretMask secrets)
    {
        var snapshot = instance.Snapshot;
        return new(instance.ResourceId, instance.Resource.Name, snapshot.ResourceType)
        {
            State = snapshot.State?.Text,
            StateStyle = snapshot.State?.Style,
            WaitingFor = snapshot.Properties.FirstOrDefault(p => p.Name == KnownProperties.WaitingFor)?.Value is IEnumerable<string> names ? [.. names] : null,
            HealthStatus = snapshot.HealthStatus?.ToString(),
            ExitCode = snapshot.ExitCode,
            CreatedAt = snapshot.CreationTimeStamp,
            StartedAt = snapshot.StartTimeStamp,
            StoppedAt = snapshot.StopTimeStamp,
            IsHidden = snapshot.IsHidden,
            Urls =
            [
                .. snapshot.Urls.Where(url => !url.IsInactive && url.Url.Length > 0).Select(url => new Link(
                    url.Name ?? "default", url.Url, url.IsInternal,
                    new(url.DisplayProperties.DisplayName is { Length: > 0 } text ? text : null, url.DisplayProperties.SortOrder))),
            ],
            Relationships = [.. snapshot.Relationships],
            HealthReports =
            [
                .. snapshot.HealthReports.Select(report => new HealthReport(
                    report.Name, report.Status?.ToString(), secrets.Apply(report.Description), secrets.Apply(report.ExceptionText))),
            ],
            Volumes = [.. snapshot.Volumes],
            EnvironmentVariables = [.. snapshot.EnvironmentVariables.Select(variable => variable.IsSensitive ? variable with { Value = null } : variable)],
            Properties = snapshot.Properties.ToDictionary(property => property.Name, property => property.IsSensitive ? null : Text(property.Value)),
            Commands =
            [
                .. snapshot.Commands.Select(command => new Command(
                    command.Name, command.DisplayName, command.DisplayDescription, command.State.ToString(),
                    [.. command.Arguments.Select(Argument.From)], command.Visibility.ToString())),
            ],
        };
    }

    private static string? Text(object? value) => value switch
    {
        null => null,
        string text => text,
        IEnumerable several => string.Join(',', several.Cast<object?>().Select(Text)),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    internal sealed record Link(string Name, string Url, bool IsInternal, LinkDisplay DisplayProperties);

    internal sealed record LinkDisplay(string? DisplayName, int SortOrder);

    internal sealed record HealthReport(string Name, string? Status, string? Description, string? ExceptionText);

    /// <param name="State">Whether it can be given now: <c>Enabled</c>, <c>Disabled</c> or <c>Hidden</c>.</param>
    /// <param name="Visibility">For whom it is meant: the dashboard, and programs such as the CLI.</param>
    internal sealed record Command(string Name, string DisplayName, string? Description, string State, Argument[] ArgumentInputs, string Visibility);

    /// <param name="InputType">The name of an <see cref="Aspire.Hosting.InputType"/>.</param>
    /// <param name="Value">The default.</param>
    internal sealed record Argument(
        string Name, string? Label, string? Description, bool EnableDescriptionMarkdown, string InputType, bool Required, string? Placeholder,
        string? Value, Dictionary<string, string?>? Options, bool AllowCustomChoice, bool Disabled, int? MaxLength)
    {
        public static Argument From(InteractionInput input) => new(
            input.Name, input.Label, input.Description, input.EnableDescriptionMarkdown, input.InputType.ToString(), input.Required, input.Placeholder,
            input.InputType == Hosting.InputType.SecretText ? null : input.Value,
            input.Options?.ToDictionary(option => option.Key, option => (string?)option.Value), input.AllowCustomChoice, input.Disabled, input.MaxLength);
    }
}
