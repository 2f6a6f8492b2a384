using System.Diagnostics.CodeAnalysis;

namespace Aspire.Hosting.Pipelines;

/// <summary>What is done with an application that is not run: steps, each after those that it depends on.</summary>
[Experimental("ASPIREPIPELINES001", UrlFormat = "https://aka.ms/aspire/diagnostics/{0}")]
public interface IDistributedApplicationPipeline
{
    /// <param name="dependsOn">The name of a step, or several.</param>
    /// <param name="requiredBy">The name of a step, or several.</param>
    void AddStep(string name, Func<PipelineStepContext, Task> action, object? dependsOn = null, object? requiredBy = null);

    /// <exception cref="InvalidOperationException">There is a step of that name already.</exception>
    void AddStep(PipelineStep step);

    /// <summary>Does what <see cref="PipelineOptions.Step"/> asks for.</summary>
    Task ExecuteAsync(PipelineContext context);
}
