using System.Text.Json.Nodes;

namespace Aspire.Hosting.Backchannel;

// What the CLI asks an AppHost that runs, and what it is told. The names are those of the wire, in camel case there.

internal sealed record EmptyRequest;

internal sealed record CapabilitiesResponse(string[] Capabilities);

/// <param name="ProcessId">Of the AppHost.</param>
/// <param name="CliProcessId">Of the CLI that has started it, if one has.</param>
/// <param name="StartedAt">The CLI sends no signal unless the process was started then.</param>
/// <param name="StableStartedAt">As an offset to the start of the machine, from 1970.</param>
internal sealed record AppHostInformation(
    string AppHostPath, int ProcessId, int? CliProcessId, DateTimeOffset StartedAt, DateTimeOffset? StableStartedAt,
    DateTimeOffset? CliStartedAt, DateTimeOffset? CliStableStartedAt, string? CliLogFilePath);

internal sealed record AppHostInfoResponse(
    string Pid, string AspireHostVersion, string AppHostPath, int? CliProcessId, DateTimeOffset StartedAt, string? CliLogFilePath);

internal sealed record DashboardUrls(bool DashboardHealthy, string? BaseUrlWithLoginToken, string? CodespacesUrlWithLoginToken = null);

/// <param name="ApiBaseUrl">Of the dashboard's telemetry API, which wants to see the token.</param>
internal sealed record DashboardInfoResponse(string? ApiBaseUrl, string? ApiToken, string[] DashboardUrls, bool IsHealthy);

internal sealed record ReadyResponse(bool IsReady);

/// <param name="Filter">A part of the name of an instance.</param>
internal sealed record ResourcesRequest(string? Filter);

internal sealed record ResourcesResponse(ResourceSnapshot[] Resources);

/// <param name="ResourceName">A resource or an instance of one; null for all.</param>
/// <param name="Search">What the CLI will look for in the lines.</param>
/// <param name="Tail">How many lines from the end, if not all.</param>
internal sealed record ConsoleLogsRequest(string? ResourceName, bool Follow, string? Search, int? Tail, bool IncludeHidden);

internal sealed record ConsoleLogBatch(ConsoleLogLine[] Lines);

internal sealed record ConsoleLogLine(string ResourceName, int LineNumber, string Content, bool IsError);

/// <param name="ResourceName">A resource or an instance of one.</param>
/// <param name="Arguments">An object of texts by name, if there are any.</param>
/// <param name="ValidateOnly">Not to be executed.</param>
internal sealed record CommandRequest(string ResourceName, string CommandName, JsonObject? Arguments, bool ValidateOnly);

/// <param name="ErrorMessage">The message, under the name that older CLIs know.</param>
/// <param name="Value">A text that the command was given for, to be printed.</param>
internal sealed record CommandResponse(
    bool Success, bool Canceled, string? Message, string? ErrorMessage, CommandValue? Value, CommandArgumentError[] ValidationErrors);

/// <param name="Format"><c>text</c>, <c>json</c> or <c>markdown</c>.</param>
internal sealed record CommandValue(string Value, string Format, bool DisplayImmediately);

internal sealed record CommandArgumentError(string ArgumentName, string ErrorMessage);

/// <param name="ResourceName">A resource or an instance of one.</param>
/// <param name="Status"><c>healthy</c>, <c>up</c> or <c>down</c>.</param>
internal sealed record WaitRequest(string ResourceName, string Status, int TimeoutSeconds);

internal sealed record WaitResponse(bool Success)
{
    public string? State { get; init; }

    public string? HealthStatus { get; init; }

    public bool ResourceNotFound { get; init; }

    public bool TimedOut { get; init; }

    public string? ErrorMessage { get; init; }
}
