using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Tokens;

namespace FreeGpt4.LlmApi.Usage;

/// <summary>The upstream's own figures, read on every request: nothing is allocated for them.</summary>
internal static class UpstreamFigures
{
    /// <returns><c>null</c> when the answer or chunk has none. Embeddings have no second figure.</returns>
    public static TokenUsage? Read(AnswerJson answer)
    {
        if (answer.Usage.Kind is not JsonTokenType.StartObject)
        {
            return null;
        }

        var reader = new Utf8JsonReader(answer.Usage.In(answer.Json));
        reader.Read();
        long? prompt = null;
        long completion = 0;
        try
        {
            while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
            {
                var isPrompt = reader.ValueTextEquals("prompt_tokens"u8);
                var isCompletion = reader.ValueTextEquals("completion_tokens"u8);
                reader.Read();
                if ((isPrompt || isCompletion) && reader.TokenType is JsonTokenType.Number && reader.TryGetInt64(out var figure) && figure >= 0)
                {
                    figure = Math.Min(figure, TokenUsage.Most);
                    (prompt, completion) = isPrompt ? (figure, completion) : (prompt, figure);
                }

                reader.Skip();
            }
        }
        catch (InvalidOperationException)
        {
            // A name in it has half a character, "\ud83d".
            return null;
        }

        return prompt is { } known ? new(known, completion) : null;
    }
}
