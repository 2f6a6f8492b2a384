using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace FreeGpt4.AppHost;

/// <summary>Whether a PostgreSQL takes connections. One that refuses the password always will: then it ends the AppHost, with exit code 1.</summary>
internal sealed partial class PostgresHealthCheck(
    PostgresResource postgres, string volume, IHostApplicationLifetime lifetime, ILoggerFactory loggers) : IHealthCheck
{
    private readonly ILogger _logger = loggers.CreateLogger("FreeGpt4");

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            // One that is kept would hold up the server when it is told to stop.
            await using var connection = new NpgsqlConnection($"{await postgres.ConnectionString.GetValueAsync(cancellationToken)};Pooling=false");
            await connection.OpenAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InvalidPassword)
        {
            if (!lifetime.ApplicationStopping.IsCancellationRequested)
            {
                Log.OtherPassword(_logger, volume, postgres.Name);
                Environment.ExitCode = 1;
                lifetime.StopApplication();
            }

            return HealthCheckResult.Unhealthy($"The volume {volume} was made with another password.");
        }
        catch (NpgsqlException e)
        {
            return HealthCheckResult.Unhealthy(e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Critical,
            "The cluster cannot run: the volume {Volume} was made with another password than that in the user secrets. Put it back with "
            + "'dotnet user-secrets set Parameters:{Resource}-password … --project FreeGpt4.AppHost', or remove the volume and what is in it.")]
        public static partial void OtherPassword(ILogger logger, string volume, string resource);
    }
}
