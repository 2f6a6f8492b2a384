using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.ModelCatalog;

internal static class ModelsEndpoints
{
    public static IServiceCollection AddModelCatalog(this IServiceCollection services) => services.AddSingleton<ModelCatalog>();

    public static IEndpointRouteBuilder MapModels(this IEndpointRouteBuilder routes)
    {
        // https://platform.openai.com/docs/api-reference/models
        routes.MapGet("/v1/models", async (ModelCatalog catalog, CancellationToken cancellationToken) =>
            TypedResults.Json(new ModelList(await catalog.ListAsync(cancellationToken)), OpenAIJsonContext.Wire.ModelList));

        // An id may hold slashes, escaped or not: meta-llama/Llama-3.3-70B-Instruct.
        routes.MapGet("/v1/models/{**id}", async (string id, ModelCatalog catalog, CancellationToken cancellationToken) =>
        {
            var name = id.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
            return TypedResults.Json(await catalog.FindAsync(name, cancellationToken), OpenAIJsonContext.Wire.Model);
        });

        // The older FreeGPT4 contract: names alone, of one provider or of all.
        routes.MapGet("/models", async (string? provider, ModelCatalog catalog, CancellationToken cancellationToken) =>
            TypedResults.Json(await catalog.NamesAsync(provider, cancellationToken), OpenAIJsonContext.Wire.IReadOnlyListString));
        return routes;
    }
}
