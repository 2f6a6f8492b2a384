using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using FreeGpt4.LlmApi.ModelCatalog;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>
/// Answers without a model and without a network, always the same to the same question, and says so: for a first run, and for
/// trying out a client. Counts words as tokens.
/// </summary>
internal sealed partial class DemoProvider(IEnumerable<UnusedProvider> unused) : IChatProvider
{
    private const string Model = "demo";
    private const int LongestQuote = 200;

    private readonly string _howToGetRealAnswers = unused.FirstOrDefault() is { } first
        ? $"For real answers {first.WhatToDo}."
        : "No provider that is set up answered; the log of llm-api says why.";

    public string Name => "Demo";

    public bool Has(Operation operation) => operation == Operation.Chat;

    public ValueTask<string?> FindModelAsync(string requested, CancellationToken cancellationToken) => ValueTask.FromResult(
        requested.Equals(Model, StringComparison.OrdinalIgnoreCase) || ModelAliases.Contains(requested) ? Model : null);

    public ValueTask<IReadOnlyList<Model>> ListModelsAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<Model>>([new(Model, Name)]);

    public Task<AnswerJson> CompleteAsync(ModelRequest request, string model, CancellationToken cancellationToken)
    {
        var (words, usage) = Answer(request);
        var choice = new Choice(0, new(string.Concat(words), "assistant"), Delta: null, "stop");
        var answer = new Body(model, [choice], usage);
        return Task.FromResult(AnswerJson.Parse(JsonSerializer.SerializeToUtf8Bytes(answer, DemoJsonContext.Default.Body), AnswerShape.Message));
    }

    public async IAsyncEnumerable<AnswerJson> StreamAsync(
        ModelRequest request, string model, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (words, usage) = Answer(request);
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
        var messages = JsonSerializer.Deserialize(request.Input, DemoJsonContext.Default.IReadOnlyListQuestion) ?? [];
        var texts = messages.Select(message => (Role: TextOf(message.Role), Text: TextOf(message.Content))).ToList();
        var question = texts.LastOrDefault(message => message.Role is "user").Text ?? "";
        var quote = question.Length <= LongestQuote ? question : $"{question.AsSpan(0, LongestQuote)}…";
        var answer = $"This is the FreeGpt4 demo: no language model wrote this. You said: \"{quote}\". {_howToGetRealAnswers}";
        var words = Words().Matches(answer).Select(match => match.Value).ToList();
        var asked = texts.Sum(message => Words().Count(message.Text));
        return (words, new(asked, words.Count, asked + words.Count));
    }

    // "content" is a string, or parts such as {"type":"text","text":…} and images, or null.
    private static string TextOf(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => Unescaped(content),
        JsonValueKind.Array => string.Join(' ', content.EnumerateArray().Select(TextOfPart)),
        _ => "",
    };

    private static string? TextOfPart(JsonElement part) =>
        part.ValueKind is JsonValueKind.Object && part.TryGetProperty("text", out var text) && text.ValueKind is JsonValueKind.String
            ? Unescaped(text)
            : null;

    // JSON may escape half a character ("\ud800"), which no string of ours can hold.
    private static string Unescaped(JsonElement text)
    {
        try
        {
            return text.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            return text.GetRawText();
        }
    }

    [GeneratedRegex(@"\S+\s*")]
    private static partial Regex Words();

    private sealed record Question(JsonElement Role, JsonElement Content);

    private sealed record Body(string Model, IReadOnlyList<Choice> Choices, Usage? Usage = null);

    private sealed record Choice(int Index, Content? Message, Content? Delta, string? FinishReason);

    private sealed record Content([property: JsonPropertyName("content")] string? Text = null, string? Role = null);

    private sealed record Usage(int PromptTokens, int CompletionTokens, int TotalTokens);

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        MaxDepth = ModelRequest.MaxDepth)]
    [JsonSerializable(typeof(Body))]
    [JsonSerializable(typeof(IReadOnlyList<Question>))]
    private sealed partial class DemoJsonContext : JsonSerializerContext;
}
