using System.Diagnostics.CodeAnalysis;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Pipelines;

/// <summary>What all steps of one run have in common.</summary>
[Experimental("ASPIREPIPELINES001", UrlFormat = "https://aka.ms/aspire/diagnostics/{0}")]
public sealed class PipelineContext(
    DistributedApplicationModel model, DistributedApplicationExecutionContext executionContext, IServiceProvider serviceProvider, ILogger logger,
    CancellationToken cancellationToken)
{
    public DistributedApplicationModel Model { get; } = model;

    public DistributedApplicationExecutionContext ExecutionContext { get; } = executionContext;

    public IServiceProvider Services { get; } = serviceProvider;

    public ILogger Logger { get; } = logger;

    public CancellationToken CancellationToken { get; set; } = cancellationToken;
}

/// <summary>What a step is given.</summary>
[Experimental("ASPIREPIPELINES001", UrlFormat = "https://aka.ms/aspire/diagnostics/{0}")]
public sealed class PipelineStepContext
{
    public required PipelineContext PipelineContext { get; init; }

    /// <summary>Shows how the step goes on to whoever has asked for it with the <c>aspire</c> CLI.</summary>
    public required IReportingStep ReportingStep { get; init; }

    public DistributedApplicationModel Model => PipelineContext.Model;

    public DistributedApplicationExecutionContext ExecutionContext => PipelineContext.ExecutionContext;

    public IServiceProvider Services => PipelineContext.Services;

    /// <summary>What it is told is shown with the step as well.</summary>
    public ILogger Logger => StepLogger ?? PipelineContext.Logger;

    public CancellationToken CancellationToken => PipelineContext.CancellationToken;

    internal ILogger? StepLogger { get; init; }
}

/// <summary>What the command line asks of the pipeline.</summary>
[Experimental("ASPIREPIPELINES001", UrlFormat = "https://aka.ms/aspire/diagnostics/{0}")]
public class PipelineOptions
{
    /// <summary><c>--output-path</c>: a folder, or for the manifest a file.</summary>
    public string? OutputPath { get; set; }

    /// <summary><c>--step</c>: what to do, with all that it depends on.</summary>
    public string? Step { get; set; }
}
