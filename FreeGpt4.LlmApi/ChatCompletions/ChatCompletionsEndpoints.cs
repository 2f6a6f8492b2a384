using System.Buffers;
using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.ChatCompletions;

/// <summary>https://platform.openai.com/docs/api-reference/chat/create</summary>
internal static class ChatCompletionsEndpoints
{
    public static IServiceCollection AddChatCompletions(this IServiceCollection services, SettingsReader settings)
    {
        services.AddSingleton(StreamingOptions.Read(settings));
        services.AddSingleton<ChatCompletionStream>();
        return services.AddSingleton<FallbackChain>();
    }

    public static IEndpointRouteBuilder MapChatCompletions(this IEndpointRouteBuilder routes)
    {
        var chain = routes.ServiceProvider.GetRequiredService<FallbackChain>();
        var stream = routes.ServiceProvider.GetRequiredService<ChatCompletionStream>();
        var time = routes.ServiceProvider.GetRequiredService<TimeProvider>();
        routes.MapPost("/v1/chat/completions", async context =>
        {
            var request = await ReadAsync(context.Request, context.RequestAborted);
            if (request.Stream)
            {
                await stream.WriteAsync(request, context.Response, context.RequestAborted);
                return;
            }

            var (route, answer) = await chain.CompleteAsync(request, context.RequestAborted);
            var body = ChatCompletionWriter.Complete(answer, route.Model, time);
            context.Response.Tell(route);
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = body.Length;
            await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
        });
        return routes;
    }

    private static async Task<ChatCompletionRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!request.HasJsonContentType())
        {
            throw new InvalidRequestException(
                "Send the request as JSON, with the header Content-Type: application/json.",
                code: "unsupported_media_type",
                status: StatusCodes.Status415UnsupportedMediaType);
        }

        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken);
            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return ChatCompletionRequest.Parse(body);
            }

            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
