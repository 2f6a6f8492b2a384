using System.Text;
using System.Text.Json;
using FreeGpt4.LlmApi.Errors;
using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.ModelCatalog;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Text;

/// <summary>The older FreeGPT4 contract: a question in the address, the answer as text.</summary>
internal static class TextEndpoints
{
    private const int LongestQuestion = 10_000;

    private const string Usage = """
        FreeGpt4 answers
          GET  /?text=your+question      in plain text
          POST /v1/chat/completions      to OpenAI clients; set their base URL to this address with /v1
          GET  /v1/models                with the models it knows

        """;

    public static IServiceCollection AddTextQuestions(this IServiceCollection services, SettingsReader settings) =>
        services.AddSingleton(new TextOptions(settings.Text("SYSTEM_PROMPT")));

    public static IEndpointRouteBuilder MapTextQuestions(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", AnswerAsync).WithMetadata(new PlainTextErrorFormat());
        return routes;
    }

    private static async Task<IResult> AnswerAsync(
        HttpContext context, string? text, FallbackChain chain, TextOptions options, CancellationToken cancellationToken)
    {
        if (text is null && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
        {
            return TypedResults.Text(Usage);
        }

        var request = ChatCompletionRequest.Ask(ModelAliases.Auto, options.SystemPrompt, Clean(text));
        var (route, answer) = await chain.CompleteAsync(request, cancellationToken);
        context.Response.Tell(route);
        return TypedResults.Text(TextOf(answer));
    }

    private static string Clean(string? text)
    {
        var question = string.Concat((text ?? "").Where(c => !char.IsControl(c) || c is '\n' or '\t')).Trim();
        return question.Length switch
        {
            0 => throw new InvalidRequestException("Please enter a question: /?text=your+question", "text"),
            <= LongestQuestion => question,
            _ => throw new InvalidRequestException(
                $"The question has {question.Length} characters; {LongestQuestion} are allowed. POST /v1/chat/completions takes more.",
                "text"),
        };
    }

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

/// <param name="SystemPrompt">Sent before each question of <c>/?text=</c>.</param>
internal sealed record TextOptions(string? SystemPrompt);
