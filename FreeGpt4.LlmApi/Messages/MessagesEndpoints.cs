using FreeGpt4.LlmApi.Errors;
using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Streaming;
using FreeGpt4.LlmApi.Tokens;

namespace FreeGpt4.LlmApi.Messages;

/// <summary>The API of Anthropic's clients. https://docs.anthropic.com/en/api/messages</summary>
internal static class MessagesEndpoints
{
    private const string Route = "/v1/messages";

    public static IServiceCollection AddMessages(this IServiceCollection services) => services.AddSingleton(
        new UnroutedErrorFormat(request => request.Path.StartsWithSegments(Route, StringComparison.Ordinal), new AnthropicErrorFormat()));

    public static IEndpointRouteBuilder MapMessages(this IEndpointRouteBuilder routes)
    {
        var chain = routes.ServiceProvider.GetRequiredService<FallbackChain>();
        var stream = routes.ServiceProvider.GetRequiredService<AnswerStream>();
        var messages = routes.MapGroup(Route).WithMetadata(new AnthropicErrorFormat());
        messages.MapPost("", async context =>
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
            context.Response.Tell(route);
            context.Response.Tell(usage);
            await WriteJsonAsync(context, body);
        });
        messages.MapPost("/count_tokens", async context =>
        {
            var request = MessagesRequest.ParseForCount(await context.Request.ReadJsonAsync(context.RequestAborted));
            context.Response.Headers[AnthropicErrorFormat.RequestId] = context.TraceIdentifier;
            await WriteJsonAsync(context, System.Text.Encoding.ASCII.GetBytes($$"""{"input_tokens":{{PromptTokens.Count(request.Chat)}}}"""));
        });
        return routes;
    }

    private static async Task WriteJsonAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
    }
}
