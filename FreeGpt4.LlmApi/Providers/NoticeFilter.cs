using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Providers;

/// <summary>
/// Some operators put a notice where an answer belongs: "this API is deprecated". With these patterns such an answer is a failure. The
/// beginning of a stream is held back until it is long enough to tell.
/// </summary>
internal sealed class NoticeFilter(IChatProvider inner, IReadOnlyList<Regex> patterns) : IChatProvider
{
    private const int EnoughToTell = 200;

    public bool Has(Operation operation) => inner.Has(operation);

    public async Task<AnswerJson> CompleteAsync(ProviderCall call, CancellationToken cancellationToken)
    {
        var answer = await inner.CompleteAsync(call, cancellationToken);
        var text = new StringBuilder();
        Append(answer, text);
        Check(text);
        return answer;
    }

    public async IAsyncEnumerable<AnswerJson> StreamAsync(ProviderCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var held = new List<AnswerJson>();
        var text = new StringBuilder();
        var isChecked = false;
        await foreach (var chunk in inner.StreamAsync(call, cancellationToken))
        {
            if (isChecked)
            {
                yield return chunk;
                continue;
            }

            held.Add(chunk);
            Append(chunk, text);
            if (text.Length >= EnoughToTell)
            {
                Check(text);
                isChecked = true;
                foreach (var earlier in held)
                {
                    yield return earlier;
                }
            }
        }

        if (!isChecked)
        {
            Check(text);
            foreach (var earlier in held)
            {
                yield return earlier;
            }
        }
    }

    private static void Append(AnswerJson answer, StringBuilder text)
    {
        foreach (var choice in answer.Choices)
        {
            // As it is in JSON: no pattern needs what is escaped there.
            text.Append(choice.Text.Kind is JsonTokenType.String ? Encoding.UTF8.GetString(choice.Text.In(answer.Json)[1..^1]) : "");
        }
    }

    private void Check(StringBuilder text)
    {
        var beginning = text.ToString(0, Math.Min(text.Length, EnoughToTell * 4));
        if (patterns.Any(pattern => pattern.IsMatch(beginning)))
        {
            throw new ProviderException(ProviderFailure.Answer, "sent a notice in place of an answer");
        }
    }
}
