using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Tokens;

namespace FreeGpt4.LlmApi.Usage;

/// <summary>How much an answer says, by the bytes of its JSON: a guess that costs nothing, for upstreams that do not tell.</summary>
internal sealed class SaidLength
{
    // {"content":""} and ""
    private const int FormOfObject = 14;
    private const int FormOfString = 2;

    private long _bytes;

    public long Tokens => TokenTally.Guess(_bytes);

    public void Add(AnswerJson answer)
    {
        for (var i = 0; i < answer.Choices.Count; i++)
        {
            var choice = answer.Choices[i];
            if (choice.HasContent)
            {
                _bytes += Math.Max(1, choice.Content.Length - (choice.Content.Kind is JsonTokenType.String ? FormOfString : FormOfObject));
            }
        }
    }
}
