using System.Text;
using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Tokens;

/// <summary>What an answer cost, in tokens.</summary>
/// <param name="Prompt">All of the prompt, what came from a cache included.</param>
/// <param name="Cached">How many of those came from a cache, when the upstream says so.</param>
/// <param name="IsEstimate">Counted here, at least one of the two, because the upstream does not say.</param>
internal readonly record struct TokenUsage(long Prompt, long Completion, long? Cached = null, bool IsEstimate = false)
{
    /// <summary>More than any answer costs. Upstreams may tell anything, and what they tell is summed up.</summary>
    public const long Most = 1_000_000_000;

    /// <summary>The upstream's figures for a whole answer, and estimates where it gave none.</summary>
    public static TokenUsage Of(ModelRequest request, AnswerJson answer)
    {
        if (Read(answer) is { } told)
        {
            return told;
        }

        var said = new AnswerTokens();
        said.Add(answer);
        return Estimate(request, said);
    }

    /// <summary>For what is answered with anything but tokens.</summary>
    public static TokenUsage EstimatePrompt(ModelRequest request) => new(PromptTokens.Count(request), Completion: 0, IsEstimate: true);

    public static TokenUsage Estimate(ModelRequest request, AnswerTokens answer) =>
        new(PromptTokens.Count(request), answer.Count(), IsEstimate: true);

    /// <summary>The upstream's own figures; <c>null</c> when the answer or chunk has none.</summary>
    public static TokenUsage? Read(AnswerJson answer)
    {
        if (answer.Usage.Kind is not JsonTokenType.StartObject)
        {
            return null;
        }

        using var document = JsonDocument.Parse(answer.Json.Slice(answer.Usage.Start, answer.Usage.Length));
        try
        {
            return Read(document.RootElement);
        }
        catch (InvalidOperationException)
        {
            // A name in it has half a character, "\ud83d".
            return null;
        }
    }

    /// <summary>As a chat completion has it.</summary>
    public byte[] ToJson() => Encoding.ASCII.GetBytes(
        $$"""{"prompt_tokens":{{Prompt}},"completion_tokens":{{Completion}},"total_tokens":{{Prompt + Completion}}}""");

    private static TokenUsage? Read(JsonElement usage)
    {
        if (Figure(usage, "prompt_tokens") is not { } prompt || Figure(usage, "completion_tokens") is not { } completion)
        {
            return null;
        }

        var cached = usage.TryGetProperty("prompt_tokens_details", out var details) && details.ValueKind is JsonValueKind.Object
            ? Figure(details, "cached_tokens")
            : null;
        return new(prompt, completion, cached <= prompt ? cached : null);
    }

    private static long? Figure(JsonElement owner, string member) =>
        owner.TryGetProperty(member, out var value)
        && value.ValueKind is JsonValueKind.Number
        && value.TryGetInt64(out var number)
        && number >= 0
            ? Math.Min(number, Most)
            : null;
}
