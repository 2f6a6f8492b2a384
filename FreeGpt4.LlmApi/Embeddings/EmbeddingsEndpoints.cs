using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Tokens;

namespace FreeGpt4.LlmApi.Embeddings;

/// <summary>https://platform.openai.com/docs/api-reference/embeddings</summary>
internal static class EmbeddingsEndpoints
{
    public static IEndpointRouteBuilder MapEmbeddings(this IEndpointRouteBuilder routes)
    {
        var chain = routes.ServiceProvider.GetRequiredService<FallbackChain>();
        routes.MapPost("/v1/embeddings", async context =>
        {
            var body = await context.Request.ReadJsonAsync(context.RequestAborted);
            var request = TextRequest.Parse(Operation.Embeddings, body);
            if (request.Stream)
            {
                throw new InvalidRequestException("Embeddings are not streamed.", "stream");
            }

            var (route, answer) = await chain.CompleteAsync(request, context.RequestAborted);
            TokenUsage? estimate = answer.Usage.IsMissingOrNull ? TokenUsage.EstimatePrompt(request) : null;
            context.Response.Tell(estimate);
            await context.Response.WriteAnswerAsync(route, EmbeddingWriter.Complete(answer, route.Model, estimate), context.RequestAborted);
        });
        return routes;
    }
}
