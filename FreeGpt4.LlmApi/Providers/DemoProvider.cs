using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>
/// Answers without a model and without a network, always the same to the same question, and says so: for a first run, and for
/// trying out a client. Counts words as tokens.
/// </summary>
/// <param name="hasOthers">Whether somebody else is set up, who then did not answer.</param>
internal sealed partial class DemoProvider(Func<bool> hasOthers) : IChatProvider
{
    private const int LongestQuote = 200;

    private string HowToGetRealAnswers => hasOthers()
        ? "No provider that is set up answered; GET /status says why."
        : "For real answers set the key of a provider, such as GROQ_API_KEY, or CUSTOM_BASE_URL, or start Ollama; GET /status lists all.";

    public bool Has(Operation operation) => operation == Operation.Chat;

    public Task<AnswerJson> CompleteAsync(ProviderCall call, CancellationToken cancellationToken)
    {
        var model = call.Model;
        var (words, usage) = Answer(call.Request);
        var choice = new Choice(0, new(string.Concat(words), "assistant"), Delta: null, "stop");
        var answer = new Body(model, [choice], usage);
        return Task.FromResult(AnswerJson.Parse(JsonSerializer.SerializeToUtf8Bytes(answer, DemoJsonContext.Default.Body), AnswerShape.Message));
    }

    public async IAsyncEnumerable<AnswerJson> StreamAsync(
        ProviderCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var model = call.Model;
        var (words, usage) = Answer(call.Request);
        foreach (var word in words)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return Chunk(new(model, [new(0, Message: null, new(word), FinishReason: null)]));

            // As from a network, so that whoever reads sees frames and not one block.
            await Task.Yield();
        }

        yield return Chunk(new(model, [new(0, Message: null, new(), "stop")]));
        yield return Chunk(new(model, [], usage));
    }

    private static AnswerJson Chunk(Body body) =>
        AnswerJson.Parse(JsonSerializer.SerializeToUtf8Bytes(body, DemoJsonContext.Default.Body), AnswerShape.Delta);

    private (IReadOnlyList<string> Words, Usage Usage) Answer(ModelRequest request)
    {
        var texts = ChatText.Read(request.Input);
        var question = texts.LastOrDefault(message => message.Role is "user").Text ?? "";
        var quote = question.Length <= LongestQuote ? question : $"{question.AsSpan(0, LongestQuote)}…";
        var answer = $"This is the FreeGpt4 demo: no language model wrote this. You said: \"{quote}\". {HowToGetRealAnswers}";
        var words = Words().Matches(answer).Select(match => match.Value).ToList();
        var asked = texts.Sum(message => Words().Count(message.Text));
        return (words, new(asked, words.Count, asked + words.Count));
    }

    [GeneratedRegex(@"\S+\s*")]
    private static partial Regex Words();

    private sealed record Body(string Model, IReadOnlyList<Choice> Choices, Usage? Usage = null);

    private sealed record Choice(int Index, Content? Message, Content? Delta, string? FinishReason);

    private sealed record Content([property: JsonPropertyName("content")] string? Text = null, string? Role = null);

    private sealed record Usage(int PromptTokens, int CompletionTokens, int TotalTokens);

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(Body))]
    private sealed partial class DemoJsonContext : JsonSerializerContext;
}
