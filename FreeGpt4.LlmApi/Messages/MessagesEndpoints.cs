using FreeGpt4.LlmApi.Errors;
using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Streaming;
using FreeGpt4.LlmApi.Tokens;
using FreeGpt4.LlmApi.Users.Access;

namespace FreeGpt4.LlmApi.Messages;

/// <summary>The API of Anthropic's clients. https://docs.anthropic.com/en/api/messages</summary>
internal static class MessagesEndpoints
{
    private const string Route = "/v1/messages";

    /// <summary>Anthropic's clients are known by where they ask, and by the version of their API that they always send.</summary>
    public static IServiceCollection AddMessages(this IServiceCollection services) => services.AddSingleton(new UnroutedErrorFormat(
        request => request.Path.StartsWithSegments(Route, StringComparison.Ordinal) || AnthropicModels.AreMeantBy(request),
        new AnthropicErrorFormat()));

    public static IEndpointRouteBuilder MapMessages(this IEndpointRouteBuilder routes)
    {
        var chain = routes.ServiceProvider.GetRequiredService<FallbackChain>();
        var stream = routes.ServiceProvider.GetRequiredService<AnswerStream>();
        var messages = routes.MapGroup("").WithMetadata(new AnthropicErrorFormat());
        messages.MapPost(Route, async context =>
        {
            var request = MessagesRequest.Parse(await context.Request.ReadJsonAsync(context.RequestAborted));
            context.Response.Headers[AnthropicErrorFormat.RequestId] = context.TraceIdentifier;
            if (request.Chat.Stream)
            {
                var format = new MessageStreamFormat(request, context.TraceIdentifier);
                await stream.WriteAsync(request.Chat, format, context.Response, context.RequestAborted);
                return;
            }

            var (route, answer) = await chain.CompleteAsync(request.Chat, context.RequestAborted);
            var usage = TokenUsage.Of(request.Chat, answer);
            var body = MessageWriter.Write(request, answer, route, usage);
            context.Response.Tell(usage);
            await context.Response.WriteAnswerAsync(route, body, context.RequestAborted);
        });
        messages.MapPost($"{Route}/count_tokens", async context =>
        {
            var request = MessagesRequest.ParseForCount(await context.Request.ReadJsonAsync(context.RequestAborted));
            context.Response.Headers[AnthropicErrorFormat.RequestId] = context.TraceIdentifier;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync($$"""{"input_tokens":{{PromptTokens.Count(request.Chat)}}}""", context.RequestAborted);
        }).ForCallers(isCounted: false);
        return routes;
    }
}
