namespace FreeGpt4.LlmApi.Fallback;

internal static class FallbackExtensions
{
    public static IServiceCollection AddFallback(this IServiceCollection services) => services.AddSingleton<FallbackChain>();
}
