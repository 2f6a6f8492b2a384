using System.Text;
using System.Text.Json;
using FreeGpt4.LlmApi.Conversations.History;
using FreeGpt4.LlmApi.Errors;
using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.ModelCatalog;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Settings;
using FreeGpt4.LlmApi.Users;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Text;

/// <summary>The older FreeGPT4 contract: a question in the address or in a file, the answer as text.</summary>
internal static class TextEndpoints
{
    private const int LongestQuestion = 10_000;

    public static IServiceCollection AddTextQuestions(this IServiceCollection services, SettingsReader settings, LiveSettings live) =>
        services.AddSingleton(live.Add(settings, TextOptions.Read));

    public static IEndpointRouteBuilder MapTextQuestions(this IEndpointRouteBuilder routes)
    {
        var chain = routes.ServiceProvider.GetRequiredService<FallbackChain>();
        var live = routes.ServiceProvider.GetRequiredService<Live<TextOptions>>();
        var text = routes.MapGroup("/").WithMetadata(live.Current.IsAlwaysOk ? new ParagraphErrorFormat() : new PlainTextErrorFormat());

        text.MapGet("/", async context =>
        {
            var options = live.Current;
            await AnswerAsync(context, chain, options, InAddress(context.Request.Query[options.Keyword].FirstOrDefault(), options.Keyword));
        });
        text.MapPost("/", async context =>
        {
            var question = Clean(await FileQuestion.ReadAsync(context.Request, context.RequestAborted));
            await AnswerAsync(context, chain, live.Current, question.Length > 0
                ? question
                : throw new InvalidRequestException("The file has no question in it.", "file"));
        });
        return routes;
    }

    private static async Task AnswerAsync(HttpContext context, FallbackChain chain, TextOptions options, string question)
    {
        var (caller, history) = (Caller.Of(context), context.RequestServices.GetRequiredService<TextHistory>());
        var before = await history.ReadAsync(caller, context.RequestAborted);
        var request = ChatCompletionRequest.Ask(ModelAliases.Auto, caller.SystemPrompt ?? options.SystemPrompt, question, before);
        var (route, answer) = await chain.CompleteAsync(request, context.RequestAborted);
        context.Response.Tell(route);
        var text = options.RemoveSources ? Sources.RemoveFrom(TextOf(answer)) : TextOf(answer);
        await history.AddAsync(caller, question, text);
        await WriteAsync(context, text);
    }

    private static Task WriteAsync(HttpContext context, string text)
    {
        var body = Encoding.UTF8.GetBytes(text);
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private static string InAddress(string? text, string keyword)
    {
        var question = Clean(text ?? "");
        return question.Length switch
        {
            0 => throw new InvalidRequestException($"Please enter a question: /?{keyword}=your+question", keyword),
            <= LongestQuestion => question,
            _ => throw new InvalidRequestException(
                $"The question has {question.Length} characters; {LongestQuestion} are allowed. POST it as a file, which may be longer.",
                keyword),
        };
    }

    private static string Clean(string text) => string.Concat(text.Where(c => !char.IsControl(c) || c is '\n' or '\t')).Trim();

    // JSON may escape half a character ("\ud800"), which cannot be written as text: then the escapes stay.
    private static string Unescaped(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, OpenAIJsonContext.Default.String) ?? "";
        }
        catch (JsonException)
        {
            return Encoding.UTF8.GetString(json).Trim('"');
        }
    }

    private static string TextOf(AnswerJson answer)
    {
        var choice = answer.Choices[0];
        var text = choice.Text.IsMissingOrNull ? choice.Refusal : choice.Text;
        return text.Kind is JsonTokenType.String
            ? Unescaped(text.In(answer.Json))
            : throw new NobodyAnsweredException("The provider sent an answer without text.", retryAfter: null, mayRecover: true);
    }
}
