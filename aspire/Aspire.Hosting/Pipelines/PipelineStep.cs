using System.Diagnostics.CodeAnalysis;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Pipelines;

/// <summary>One thing that is done when the application is published.</summary>
[Experimental("ASPIREPIPELINES001", UrlFormat = "https://aka.ms/aspire/diagnostics/{0}")]
public class PipelineStep
{
    /// <summary>What the step is asked for by, with <c>--step</c> and by other steps.</summary>
    public required string Name { get; init; }

    public string? Description { get; init; }

    public required Func<PipelineStepContext, Task> Action { get; init; }

    /// <summary>What has to be done before it.</summary>
    public List<string> DependsOnSteps { get; init; } = [];

    /// <summary>What is not done before it has been.</summary>
    public List<string> RequiredBySteps { get; init; } = [];

    public void DependsOn(string stepName) => DependsOnSteps.Add(stepName);

    public void DependsOn(PipelineStep step) => DependsOn(step.Name);

    public void RequiredBy(string stepName) => RequiredBySteps.Add(stepName);

    public void RequiredBy(PipelineStep step) => RequiredBy(step.Name);
}

/// <summary>Gives a resource steps of its own.</summary>
[Experimental("ASPIREPIPELINES001", UrlFormat = "https://aka.ms/aspire/diagnostics/{0}")]
public class PipelineStepAnnotation(Func<PipelineStepFactoryContext, IEnumerable<PipelineStep>> factory) : IResourceAnnotation
{
    public Task<IEnumerable<PipelineStep>> CreateStepsAsync(PipelineStepFactoryContext context) => Task.FromResult(factory(context));
}

[Experimental("ASPIREPIPELINES001", UrlFormat = "https://aka.ms/aspire/diagnostics/{0}")]
public class PipelineStepFactoryContext
{
    public required PipelineContext PipelineContext { get; init; }

    public required IResource Resource { get; init; }
}

/// <summary>Steps that other steps hang on.</summary>
[Experimental("ASPIREPIPELINES001", UrlFormat = "https://aka.ms/aspire/diagnostics/{0}")]
public static class WellKnownPipelineSteps
{
    /// <summary>Every file of every environment is written.</summary>
    public const string Publish = "publish";

    /// <summary>The model is complete, whatever is done with it.</summary>
    public const string BeforeStart = "before-start";
}
