using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>Finds the values of parameters when the application starts, and takes them from people while it runs.</summary>
internal sealed partial class ParameterValues(
    DistributedApplicationModel model, DashboardSettings dashboard, AppHostMetadata appHost, ResourceNotificationService notifications, ILoggerFactory loggerFactory)
{
    public const string NoSecrets = "This AppHost has no user secrets: its project has no UserSecretsId.";

    private readonly ILogger _logger = loggerFactory.CreateLogger("Aspire.Hosting.DistributedApplication");

    private readonly UserSecretsFile? _secrets = UserSecretsFile.Of(appHost.Assembly);

    private UserSecretsFile Secrets => _secrets ?? throw new DistributedApplicationException(NoSecrets);

    /// <exception cref="MissingParameterValueException">A parameter has no value, and there is no dashboard where one could be given.</exception>
    public async Task ResolveAsync()
    {
        foreach (var parameter in model.Resources.OfType<ParameterResource>())
        {
            if (dashboard.Enabled)
            {
                ParameterCommands.AddTo(parameter, this, canSave: _secrets is not null);
            }

            try
            {
                await ShowAsync(parameter, parameter.Value).ConfigureAwait(false);
            }
            catch (MissingParameterValueException exception) when (dashboard.Enabled)
            {
                Log.Missing(_logger, exception.Message);
                await UnsetAsync(parameter, forget: false).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Gives a parameter a value: what waits for one starts, what runs gets it at its next start.</summary>
    /// <param name="save">Whether the next start of the AppHost finds it in the user secrets.</param>
    public async Task SetAsync(ParameterResource parameter, string value, bool save)
    {
        if (save)
        {
            Secrets.Set(parameter.ConfigurationKey, value);
        }

        parameter.Set(value);
        await ShowAsync(parameter, value).ConfigureAwait(false);
    }

    /// <summary>Takes the value away: what needs it waits for another at its next start.</summary>
    /// <param name="forget">Whether it is taken out of the user secrets too.</param>
    public Task UnsetAsync(ParameterResource parameter, bool forget)
    {
        if (forget)
        {
            Secrets.Remove(parameter.ConfigurationKey);
        }

        parameter.Unset();
        return notifications.PublishUpdateAsync(parameter, snapshot => snapshot with
        {
            State = new(KnownResourceStates.ValueMissing, KnownResourceStateStyles.Warn),
            Properties = [new(KnownProperties.Source, parameter.ConfigurationKey)],
        });
    }

    private Task ShowAsync(ParameterResource parameter, string value) => notifications.PublishUpdateAsync(parameter, snapshot => snapshot with
    {
        State = new(KnownResourceStates.Running, KnownResourceStateStyles.Success),
        Properties =
        [
            new(KnownProperties.Source, parameter.ConfigurationKey),
            new(KnownProperties.ParameterValue, value) { IsSensitive = parameter.Secret },
        ],
    });

    private static partial class Log
    {
        [LoggerMessage(10, LogLevel.Warning, "{Reason} It can also be set in the dashboard; what needs it waits.")]
        public static partial void Missing(ILogger logger, string reason);
    }
}
