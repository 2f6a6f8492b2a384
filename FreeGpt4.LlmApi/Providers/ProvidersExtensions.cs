using System.Diagnostics;
using FreeGpt4.LlmApi.ModelCatalog;
using FreeGpt4.LlmApi.Providers.Configuration;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Providers;

internal static class ProvidersExtensions
{
    private static readonly string? Version = typeof(ProvidersExtensions).Assembly.GetName().Version?.ToString(2);

    /// <summary>Those of <c>providers.json</c> and <c>PROVIDERS_FILE</c>, with their keys, in the order in which they are asked.</summary>
    public static IServiceCollection AddProviders(this IServiceCollection services, SettingsReader settings, IHostEnvironment environment)
    {
        var providers = ProviderSettings.Read(settings);
        var order = ProviderOrder.Read(settings, providers, environment.IsDevelopment());
        var byHand = settings.List("FALLBACK_PROVIDERS");
        foreach (var options in providers.Usable)
        {
            services.AddProviderClient(options);
        }

        return services
            .AddSingleton(new YouOptions(RemoveSources: settings.Flag("REMOVE_SOURCES", true)))
            .AddSingleton(ModelAliases.Read(settings, providers.Aliases))
            .AddSingleton(provided => new ProviderRegistry(
                providers.Usable.Select(options => Create(options, order, providers.Usable, provided)),
                order,
                providers.Unused,

                // Who set the chain by hand wants to hear of those in it only.
                wanted: name => byHand is [] || byHand.Contains(name, StringComparer.OrdinalIgnoreCase)))
            .AddHostedService<ProviderStart>();
    }

    private static Provider Create(
        ProviderOptions options, IReadOnlyList<string> order, IReadOnlyList<ProviderOptions> usable, IServiceProvider provided)
    {
        var client = provided.GetRequiredService<IHttpClientFactory>().CreateClient(options.Name);
        IChatProvider speaker = options.Adapter switch
        {
            ProviderAdapter.Demo => new DemoProvider(hasOthers: usable.Any(other =>
                other.Group is ProviderGroup.Configured && order.Contains(other.Name))),
            ProviderAdapter.You => ActivatorUtilities.CreateInstance<YouProvider>(provided, client, options),
            _ => ActivatorUtilities.CreateInstance<OpenAICompatibleProvider>(provided, client, options),
        };
        return new(
            options,
            options.Quirks.NoticePatterns is [_, ..] patterns ? new NoticeFilter(speaker, patterns) : speaker,
            ActivatorUtilities.CreateInstance<UpstreamModels>(provided, client, options));
    }

    private static void AddProviderClient(this IServiceCollection services, ProviderOptions options) => services
        .AddHttpClient(options.Name, client => client.DefaultRequestHeaders.UserAgent.Add(new("FreeGpt4", Version)))
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
}
