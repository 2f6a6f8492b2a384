using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Pipelines;

/// <summary>Runs the pipeline in place of the application.</summary>
internal sealed class PipelineRunner(
    IDistributedApplicationPipeline pipeline, DistributedApplicationModel model, DistributedApplicationExecutionContext executionContext,
    IDistributedApplicationEventing eventing, IConfiguration configuration, ILoggerFactory loggers, IServiceProvider services)
{
    /// <exception cref="DistributedApplicationException">The command line asks for what there is not, or a file cannot be written.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        PublishingArguments.Check(configuration);
        await eventing.PublishAsync(new BeforeStartEvent(services, model), cancellationToken).ConfigureAwait(false);
        var logger = loggers.CreateLogger("Aspire.Hosting.Publishing");
        try
        {
            await pipeline.ExecuteAsync(new(model, executionContext, services, logger, cancellationToken)).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DistributedApplicationException(
                $"--output-path is \"{configuration[PublishingArguments.OutputPath]}\", where nothing can be written: {exception.Message}", exception);
        }
    }
}
