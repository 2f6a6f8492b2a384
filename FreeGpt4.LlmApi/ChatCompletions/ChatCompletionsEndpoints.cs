using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Streaming;
using FreeGpt4.LlmApi.Tokens;

namespace FreeGpt4.LlmApi.ChatCompletions;

/// <summary>https://platform.openai.com/docs/api-reference/chat/create</summary>
internal static class ChatCompletionsEndpoints
{
    public static IEndpointRouteBuilder MapChatCompletions(this IEndpointRouteBuilder routes)
    {
        var chain = routes.ServiceProvider.GetRequiredService<FallbackChain>();
        var stream = routes.ServiceProvider.GetRequiredService<AnswerStream>();
        var time = routes.ServiceProvider.GetRequiredService<TimeProvider>();
        routes.MapPost("/v1/chat/completions", async context =>
        {
            var request = ChatCompletionRequest.Parse(await context.Request.ReadJsonAsync(context.RequestAborted));
            if (request.Stream)
            {
                await stream.WriteAsync(
                    request, new ChatCompletionStreamFormat(request, time), context.Response, context.RequestAborted);
                return;
            }

            var (route, answer) = await chain.CompleteAsync(request, context.RequestAborted);
            TokenUsage? estimate = answer.Usage.IsMissingOrNull ? TokenUsage.Of(request, answer) : null;
            context.Response.Tell(estimate);
            var body = ChatCompletionWriter.Complete(answer, route.Model, estimate, time);
            await context.Response.WriteAnswerAsync(route, body, context.RequestAborted);
        });
        return routes;
    }
}
