namespace FreeGpt4.LlmApi.Fallback;

/// <summary>Who answered.</summary>
/// <param name="Model">The provider's name for the model.</param>
/// <param name="Fallbacks">How many providers failed before.</param>
internal sealed record ProviderRoute(string Provider, string Model, int Fallbacks);

internal sealed record Routed<T>(ProviderRoute Route, T Answer);
