using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FreeGpt4.ServiceDefaults.Settings;

public static class ServiceRunExtensions
{
    /// <summary>
    /// Builds the service, checks its settings, lays out its pipeline and runs it until it is told to stop. When a setting registered
    /// with <c>ValidateOnStart</c> is bad, or an address is taken, nothing is served: standard error gets one line per failure and the
    /// result is 1.
    /// </summary>
    /// <param name="pipeline">Adds middleware and endpoints. It may rely on valid settings.</param>
    /// <returns>The exit code of the process.</returns>
    public static async Task<int> RunServiceAsync(this WebApplicationBuilder builder, Action<WebApplication> pipeline)
    {
        try
        {
            await using var app = builder.Build();
            // Before the host starts, since the host logs whatever stops it with a stack trace.
            app.Services.GetService<IStartupValidator>()?.Validate();
            pipeline(app);
            await app.RunAsync();
            return 0;
        }
        catch (OptionsValidationException invalid)
        {
            foreach (var failure in invalid.Failures)
            {
                await Console.Error.WriteLineAsync(failure);
            }
        }
        catch (IOException taken) when (taken.InnerException is AddressInUseException)
        {
            await Console.Error.WriteLineAsync(taken.Message);
        }

        return 1;
    }
}
