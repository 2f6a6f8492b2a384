using Aspire.Hosting.Dcp;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>Starts DCP as the AppHost is configured.</summary>
internal sealed class DcpStart(BundledPrograms programs, DcpEnvironment environment, IConfiguration configuration)
{
    private static readonly TimeSpan StopTimeLimitOfContainers = TimeSpan.FromSeconds(30);

    /// <param name="containers">The resources for which there must be a container engine.</param>
    /// <exception cref="DistributedApplicationException">It cannot be started, or there is no such engine.</exception>
    public async Task<DcpHost> StartAsync(string[] containers, ILogger logger, CancellationToken cancellationToken)
    {
        var options = new DcpHostOptions
        {
            DcpPath = programs.Dcp,
            Environment = environment.Variables,
            ContainerRuntime = configuration["DcpPublisher:ContainerRuntime"] ?? configuration["ASPIRE_CONTAINER_RUNTIME"],
        };
        if (containers.Length > 0)
        {
            // What the engine of a busy machine takes to remove the last of them and their network. Who is killed leaves them there.
            options = options with { StopTimeLimit = StopTimeLimitOfContainers };
            await DcpContainerRuntime.RequireAsync(options, containers, cancellationToken).ConfigureAwait(false);
        }

        return await DcpHost.StartAsync(options, logger, cancellationToken).ConfigureAwait(false);
    }
}
