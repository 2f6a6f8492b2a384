using System.Buffers;
using System.Text.Json;
using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Responses.Answer;
using FreeGpt4.LlmApi.Responses.Request;
using FreeGpt4.LlmApi.Streaming;
using FreeGpt4.LlmApi.Tokens;

namespace FreeGpt4.LlmApi.Responses;

/// <summary>
/// Chat completions for clients that speak only the newer API. Stateless: every request brings its whole history.
/// https://platform.openai.com/docs/api-reference/responses
/// </summary>
internal static class ResponsesEndpoints
{
    public static IEndpointRouteBuilder MapResponses(this IEndpointRouteBuilder routes)
    {
        var chain = routes.ServiceProvider.GetRequiredService<FallbackChain>();
        var stream = routes.ServiceProvider.GetRequiredService<AnswerStream>();
        var time = routes.ServiceProvider.GetRequiredService<TimeProvider>();
        routes.MapPost("/v1/responses", async context =>
        {
            var request = ResponseRequest.Parse(await context.Request.ReadJsonAsync(context.RequestAborted));
            if (request.Chat.Stream)
            {
                var format = new ResponseStreamFormat(request, time);
                await stream.WriteAsync(request.Chat, format, context.Response, context.RequestAborted);
                return;
            }

            var (route, answer) = await chain.CompleteAsync(request.Chat, context.RequestAborted);
            var response = new ResponseObject(request, events: null, time) { Model = route.Model };
            response.Read(answer);
            context.Response.Tell(response.EstimateUsage());
            response.End();
            var body = ToJson(response);
            context.Response.Tell(route);
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = body.Length;
            await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
        });

        routes.MapMethods("/v1/responses/{id}", [HttpMethods.Get, HttpMethods.Delete], NotStored).ExcludeFromDescription();
        routes.MapGet("/v1/responses/{id}/input_items", NotStored).ExcludeFromDescription();
        routes.MapPost("/v1/responses/{id}/cancel", NotStored).ExcludeFromDescription();
        return routes;
    }

    private static ReadOnlyMemory<byte> ToJson(ResponseObject response)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body, OpenAIJsonContext.WireOptions))
        {
            response.Write(json);
        }

        return body.WrittenMemory;
    }

    private static Task NotStored(HttpContext context) => throw new InvalidRequestException(
        $"Response '{context.GetRouteValue("id")}' does not exist: no response is stored here, whatever 'store' says.",
        "id",
        "response_not_found",
        StatusCodes.Status404NotFound);
}
