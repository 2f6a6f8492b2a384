using FreeGpt4.LlmApi.Messages;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.ModelCatalog;

internal static class ModelsEndpoints
{
    public static IServiceCollection AddModelCatalog(this IServiceCollection services) => services
        .AddHttpContextAccessor()
        .AddSingleton<RequestedProvider>()
        .AddSingleton<ModelRouter>()
        .AddSingleton<ModelCatalog>();

    public static IEndpointRouteBuilder MapModels(this IEndpointRouteBuilder routes)
    {
        // https://platform.openai.com/docs/api-reference/models
        routes.MapGet("/v1/models", async (HttpRequest request, ModelCatalog catalog, CancellationToken cancellationToken) =>
        {
            var models = await catalog.ListAsync(withProviders: request.Query["provider"] == "show", cancellationToken);
            return AnthropicModels.AreMeantBy(request)
                ? AnthropicModels.List(models)
                : (IResult)TypedResults.Json(new ModelList(models), OpenAIJsonContext.Wire.ModelList);
        });

        // An id may hold slashes, escaped or not: meta-llama/Llama-3.3-70B-Instruct.
        routes.MapGet("/v1/models/{**id}", async (string id, HttpRequest request, ModelCatalog catalog, CancellationToken cancellationToken) =>
        {
            var model = await catalog.FindAsync(id.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase), cancellationToken);
            return AnthropicModels.AreMeantBy(request)
                ? AnthropicModels.One(model)
                : (IResult)TypedResults.Json(model, OpenAIJsonContext.Wire.Model);
        });

        // The older FreeGPT4 contract: names alone, of one provider or of all.
        routes.MapGet("/models", async (string? provider, ModelCatalog catalog, CancellationToken cancellationToken) =>
            TypedResults.Json(await catalog.NamesAsync(provider, cancellationToken), OpenAIJsonContext.Wire.IReadOnlyListString));
        return routes;
    }
}
