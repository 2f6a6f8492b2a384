using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Backchannel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Pipelines;

/// <summary>Runs the pipeline in place of the application.</summary>
internal sealed class PipelineRunner(
    IDistributedApplicationPipeline pipeline, PipelineActivityReporter reporter, DistributedApplicationModel model,
    DistributedApplicationExecutionContext executionContext, IDistributedApplicationEventing eventing, IConfiguration configuration,
    ILoggerFactory loggers, IServiceProvider services)
{
    /// <exception cref="DistributedApplicationException">The command line asks for what there is not, or a file cannot be written.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ExecuteAsync(cancellationToken).ConfigureAwait(false);
            reporter.Succeed();
        }
        catch (OperationCanceledException)
        {
            reporter.Fail(Step, "cancelled");
            throw;
        }
        catch (Exception exception)
        {
            reporter.Fail(Step, exception.Message);
            throw;
        }
    }

    /// <summary>What would be done for a step.</summary>
    /// <exception cref="DistributedApplicationException">There is no such step.</exception>
    public async Task<IEnumerable<PipelineStepInfo>> ListAsync(string? step, CancellationToken cancellationToken)
    {
        PublishingArguments.Check(configuration);
        var steps = await ((DistributedApplicationPipeline)pipeline).PlanAsync(Context(cancellationToken), step).ConfigureAwait(false);
        return steps.Select(planned => new PipelineStepInfo(
            planned.Name,
            planned.Description,
            [.. planned.DependsOnSteps.Concat(steps.Where(other => other.RequiredBySteps.Contains(planned.Name)).Select(other => other.Name)).Distinct()],
            Tags: [],
            ResourceName: null));
    }

    private async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        PublishingArguments.Check(configuration);
        await eventing.PublishAsync(new BeforeStartEvent(services, model), cancellationToken).ConfigureAwait(false);
        await pipeline.ExecuteAsync(Context(cancellationToken)).ConfigureAwait(false);
    }

    private string Step => configuration[PublishingArguments.Step] ?? WellKnownPipelineSteps.Publish;

    private PipelineContext Context(CancellationToken cancellationToken)
        => new(model, executionContext, services, loggers.CreateLogger("Aspire.Hosting.Publishing"), cancellationToken);
}
