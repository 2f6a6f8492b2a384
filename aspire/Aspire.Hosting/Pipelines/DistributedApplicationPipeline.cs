using Aspire.Hosting.Publishing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Aspire.Hosting.Pipelines;

/// <inheritdoc cref="IDistributedApplicationPipeline"/>
internal sealed class DistributedApplicationPipeline : IDistributedApplicationPipeline
{
    private readonly List<PipelineStep> _steps =
    [
        Milestone(WellKnownPipelineSteps.BeforeStart),
        Milestone(WellKnownPipelineSteps.Publish),
        new() { Name = ManifestWriter.Step, Action = ManifestWriter.WriteAsync },
    ];

    public void AddStep(string name, Func<PipelineStepContext, Task> action, object? dependsOn = null, object? requiredBy = null)
        => AddStep(new() { Name = name, Action = action, DependsOnSteps = Names(dependsOn), RequiredBySteps = Names(requiredBy) });

    public void AddStep(PipelineStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        if (_steps.Any(s => s.Name == step.Name))
        {
            throw new InvalidOperationException($"The pipeline has a step '{step.Name}' already.");
        }

        _steps.Add(step);
    }

    public async Task ExecuteAsync(PipelineContext context)
    {
        var wanted = context.Services.GetRequiredService<IOptions<PipelineOptions>>().Value.Step;
        var reporter = context.Services.GetRequiredService<PipelineActivityReporter>();
        foreach (var step in await PlanAsync(context, wanted).ConfigureAwait(false))
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            await ExecuteAsync(step, context, reporter.Begin(step.Name)).ConfigureAwait(false);
        }
    }

    /// <summary>What is done for a step, in the order in which it is done.</summary>
    /// <param name="wanted">Its name; by default everything is published.</param>
    /// <exception cref="DistributedApplicationException">There is no such step, or one depends on itself.</exception>
    public async Task<IReadOnlyList<PipelineStep>> PlanAsync(PipelineContext context, string? wanted)
    {
        var steps = _steps.ToList();
        foreach (var resource in context.Model.Resources)
        {
            foreach (var annotation in resource.Annotations.OfType<PipelineStepAnnotation>())
            {
                steps.AddRange(await annotation.CreateStepsAsync(new() { PipelineContext = context, Resource = resource }).ConfigureAwait(false));
            }
        }

        return new PipelinePlan(steps).StepsFor(WellKnownPipelineSteps.BeforeStart, wanted ?? WellKnownPipelineSteps.Publish);
    }

    private static async Task ExecuteAsync(PipelineStep step, PipelineContext context, PipelineActivityReporter.ReportingStep reporting)
    {
        try
        {
            await ExecuteAsync(step, new() { PipelineContext = context, ReportingStep = reporting, StepLogger = new StepLogger(context.Logger, reporting) })
                .ConfigureAwait(false);
            await reporting.CompleteAsync(step.Name, CompletionState.Completed, context.CancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            await reporting.CompleteAsync(exception.Message, CompletionState.CompletedWithError, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    private static async Task ExecuteAsync(PipelineStep step, PipelineStepContext context)
    {
        try
        {
            await step.Action(context).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            var output = context.Services.GetRequiredService<IOptions<PipelineOptions>>().Value.OutputPath;
            throw new DistributedApplicationException($"--output-path is \"{output}\", where nothing can be written: {exception.Message}", exception);
        }
    }

    private static PipelineStep Milestone(string name) => new() { Name = name, Action = _ => Task.CompletedTask };

    private static List<string> Names(object? names) => names switch
    {
        null => [],
        string name => [name],
        IEnumerable<string> several => [.. several],
        _ => throw new ArgumentException($"A step is named by a string, or several by several strings, and not by {names.GetType().Name}.", nameof(names)),
    };
}
