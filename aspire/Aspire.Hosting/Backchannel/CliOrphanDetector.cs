using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Backchannel;

/// <summary>Stops the AppHost when the CLI that has started it has gone without doing so.</summary>
internal sealed class CliOrphanDetector(IConfiguration configuration, IHostApplicationLifetime lifetime) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!OperatingSystem.IsLinux() || !int.TryParse(configuration[CliSettings.ProcessId], CultureInfo.InvariantCulture, out var processId))
        {
            return;
        }

        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (IsAlive(processId))
            {
                await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false);
            }

            lifetime.StopApplication();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The AppHost stops, and the CLI is still there.
        }
    }

    // Another process may have got the id since.
    private bool IsAlive(int processId) => AppHostIdentity.StartedAfterBoot(processId) is { } started
        && (!long.TryParse(configuration[CliSettings.StartedStable], CultureInfo.InvariantCulture, out var expected) || (long)started.TotalMilliseconds == expected);
}
