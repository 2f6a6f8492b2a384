namespace Aspire.Hosting.Backchannel;

// What the CLI that has started the AppHost is told. The names are those of the wire, in Pascal case there.

internal sealed record ResourceState(string Resource, string Type, string State, string[] Endpoints, string? Health);

/// <param name="Step">A step, to list it and what is done before it; null for what is done by default.</param>
internal sealed record PipelineStepsRequest(string? Step);

internal sealed record PipelineStepsResponse(PipelineStepInfo[] Steps);

internal sealed record PipelineStepInfo(string Name, string? Description, string[] DependsOn, string[] Tags, string? ResourceName);

/// <summary>How the publishing goes: a step, a task of one, a line of its log, or, at last, the outcome.</summary>
internal sealed record PublishingActivity(string Type, PublishingActivityData Data)
{
    public const string Step = "step";
    public const string Task = "task";
    public const string Log = "log";
    public const string PublishComplete = "publish-complete";
}

/// <param name="Id">The same for all that is said of one step or task.</param>
/// <param name="CompletionState">A name of <see cref="Pipelines.CompletionState"/>.</param>
internal sealed record PublishingActivityData(string Id, string StatusText, string CompletionState)
{
    public bool IsComplete => CompletionState != nameof(Pipelines.CompletionState.InProgress);

    public bool IsError => CompletionState == nameof(Pipelines.CompletionState.CompletedWithError);

    public bool IsWarning => CompletionState == nameof(Pipelines.CompletionState.CompletedWithWarning);

    /// <summary>The step that a task or a line belongs to.</summary>
    public string? StepId { get; init; }

    public string? CompletionMessage { get; init; }

    public string? LogLevel { get; init; }

    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>Whether the text is Markdown: then a name such as <c>*.yaml</c> would lose its star.</summary>
    public bool EnableMarkdown { get; init; }
}
