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
        var steps = _steps.ToList();
        foreach (var resource in context.Model.Resources)
        {
            foreach (var annotation in resource.Annotations.OfType<PipelineStepAnnotation>())
            {
                steps.AddRange(await annotation.CreateStepsAsync(new() { PipelineContext = context, Resource = resource }).ConfigureAwait(false));
            }
        }

        var wanted = context.Services.GetRequiredService<IOptions<PipelineOptions>>().Value.Step ?? WellKnownPipelineSteps.Publish;
        var plan = new PipelinePlan(steps);
        foreach (var step in plan.StepsFor(WellKnownPipelineSteps.BeforeStart, wanted))
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            await step.Action(new() { PipelineContext = context }).ConfigureAwait(false);
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
