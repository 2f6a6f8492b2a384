using System.Diagnostics;
using System.Net.Http.Headers;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Providers;

internal static class ProvidersExtensions
{
    private static readonly string? Version = typeof(ProvidersExtensions).Assembly.GetName().Version?.ToString(2);

    /// <summary>The providers in the order in which they are asked.</summary>
    public static IServiceCollection AddProviders(this IServiceCollection services, SettingsReader settings, IHostEnvironment environment)
    {
        if (OpenAICompatibleOptions.Custom(settings) is { } custom)
        {
            services.AddOpenAICompatible(custom);
        }
        else
        {
            services.AddSingleton(new UnusedProvider("Custom", "set CUSTOM_BASE_URL to the address of an OpenAI-format server"));
        }

        // In production a made-up answer would be taken for a real one.
        return environment.IsDevelopment() ? services.AddSingleton<IChatProvider, DemoProvider>() : services;
    }

    private static void AddOpenAICompatible(this IServiceCollection services, OpenAICompatibleOptions options)
    {
        services.AddHttpClient(options.Name, client =>
            {
                client.DefaultRequestHeaders.UserAgent.Add(new("FreeGpt4", Version));
                client.DefaultRequestHeaders.Authorization =
                    options.ApiKey is { } key ? new AuthenticationHeaderValue("Bearer", key) : null;
            })
            .UseSocketsHttpHandler((handler, _) =>
            {
                handler.ConnectTimeout = options.ConnectTimeout;
                handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60);
                handler.AllowAutoRedirect = false;

                // Our trace ids are no business of an upstream that belongs to somebody else.
                handler.ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator();
            })

            // A handler that sends a chat again would have it answered, and billed, twice: trying again is the fallback's decision.
            .ConfigureAdditionalHttpMessageHandlers((handlers, _) => handlers.Clear());

        services.AddSingleton<IChatProvider>(provider =>
        {
            var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient(options.Name);
            var models = ActivatorUtilities.CreateInstance<UpstreamModels>(provider, client, options);
            return ActivatorUtilities.CreateInstance<OpenAICompatibleProvider>(provider, client, options, models);
        });
    }
}
