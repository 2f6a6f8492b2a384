using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Streaming;
using FreeGpt4.LlmApi.Tokens;

namespace FreeGpt4.LlmApi.Completions;

/// <summary>Text completions, which editors still use to fill gaps. https://platform.openai.com/docs/api-reference/completions</summary>
internal static class CompletionsEndpoints
{
    public static IEndpointRouteBuilder MapCompletions(this IEndpointRouteBuilder routes)
    {
        var chain = routes.ServiceProvider.GetRequiredService<FallbackChain>();
        var stream = routes.ServiceProvider.GetRequiredService<AnswerStream>();
        var time = routes.ServiceProvider.GetRequiredService<TimeProvider>();
        routes.MapPost("/v1/completions", async context =>
        {
            var json = await context.Request.ReadJsonAsync(context.RequestAborted);
            var request = TextRequest.Parse(Operation.Completions, json);
            if (request.Stream)
            {
                await stream.WriteAsync(
                    request, new CompletionStreamFormat(request, time), context.Response, context.RequestAborted);
                return;
            }

            var (route, answer) = await chain.CompleteAsync(request, context.RequestAborted);
            TokenUsage? estimate = answer.Usage.IsMissingOrNull ? TokenUsage.Of(request, answer) : null;
            context.Response.Tell(estimate);
            var body = CompletionWriter.Complete(answer, route.Model, estimate, time);
            await context.Response.WriteAnswerAsync(route, body, context.RequestAborted);
        });
        return routes;
    }
}
