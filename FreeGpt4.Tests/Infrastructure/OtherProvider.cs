using FreeGpt4.LlmApi.Providers;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.Tests.Infrastructure;

internal static class OtherProvider
{
    public const string Name = "Other";

    /// <summary>A second OpenAI-format server, asked after all those that settings describe.</summary>
    public static IServiceCollection AddOtherProvider(this IServiceCollection services, UpstreamServer upstream) =>
        services.AddSingleton<IChatProvider>(provider =>
        {
            var options = new OpenAICompatibleOptions
            {
                Name = Name,
                SettingPrefix = "OTHER",
                BaseUrl = new(upstream.BaseUrl),
                ConnectTimeout = TimeSpan.FromSeconds(10),
                FirstTokenTimeout = Patience.Limit,
                InterTokenTimeout = Patience.Limit,
                AnswerTimeout = Patience.Limit,
            };
            var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient(Name);
            var models = ActivatorUtilities.CreateInstance<UpstreamModels>(provider, client, options);
            return ActivatorUtilities.CreateInstance<OpenAICompatibleProvider>(provider, client, options, models);
        });
}
