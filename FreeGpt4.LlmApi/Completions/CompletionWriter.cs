using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Tokens;

namespace FreeGpt4.LlmApi.Completions;

/// <summary>A buffered text completion as the schema wants it.</summary>
internal static class CompletionWriter
{
    private static readonly byte[] NoText = "\"text\":\"\""u8.ToArray();
    private static readonly byte[] NoLogProbs = "\"logprobs\":null"u8.ToArray();

    /// <param name="estimate">What it cost, where the upstream does not say.</param>
    public static ReadOnlyMemory<byte> Complete(AnswerJson answer, string model, TokenUsage? estimate, TimeProvider time)
    {
        var edits = new JsonEdits();
        new AnswerIdentity(answer, AnswerShape.Text, model, time).Apply(answer, edits);
        foreach (var choice in answer.Choices)
        {
            edits.AddIndex(choice, answer.Json);
            edits.AddFinishReason(choice, answer.Json);
            CompleteText(choice, answer.Json, edits);
        }

        edits.AddUsage(answer, estimate);
        return edits.ApplyTo(answer.Json);
    }

    /// <summary>What a choice must have besides, in a whole answer and in a part of one.</summary>
    public static void CompleteText(ChoiceJson choice, ReadOnlyMemory<byte> json, JsonEdits edits)
    {
        edits.AddIfMissing(json, choice.LogProbs, choice.Root, NoLogProbs);
        if (choice.Content.IsMissing)
        {
            edits.Add(json, choice.Root, NoText);
        }
        else if (choice.Content.IsMissingOrNull)
        {
            edits.Replace(choice.Content, "\"\""u8.ToArray());
        }
    }
}
