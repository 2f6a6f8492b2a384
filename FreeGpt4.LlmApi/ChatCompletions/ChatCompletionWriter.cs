using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Tokens;

namespace FreeGpt4.LlmApi.ChatCompletions;

/// <summary>A buffered answer as the schema wants it: what the upstream sent, and the required members that it left out.</summary>
internal static class ChatCompletionWriter
{
    private static readonly byte[] NoLogProbs = "\"logprobs\":null"u8.ToArray();
    private static readonly byte[] NoRefusal = "\"refusal\":null"u8.ToArray();
    private static readonly byte[] NoContent = "\"content\":null"u8.ToArray();
    private static readonly byte[] Role = "\"role\":\"assistant\""u8.ToArray();

    /// <param name="estimate">What it cost, where the upstream does not say.</param>
    public static ReadOnlyMemory<byte> Complete(AnswerJson answer, string model, TokenUsage? estimate, TimeProvider time)
    {
        var edits = new JsonEdits();
        new AnswerIdentity(answer, AnswerShape.Message, model, time).Apply(answer, edits);
        foreach (var choice in answer.Choices)
        {
            edits.AddIndex(choice, answer.Json);
            edits.AddIfMissing(answer.Json, choice.LogProbs, choice.Root, NoLogProbs);
            edits.AddFinishReason(choice, answer.Json);
            CompleteMessage(choice, answer.Json, edits);
        }

        edits.AddUsage(answer, estimate);
        return edits.ApplyTo(answer.Json);
    }

    private static void CompleteMessage(ChoiceJson choice, ReadOnlyMemory<byte> json, JsonEdits edits)
    {
        if (choice.Content.IsMissing)
        {
            edits.Add(json, choice.Root, "\"message\":{\"role\":\"assistant\",\"content\":null,\"refusal\":null}"u8.ToArray());
        }
        else if (choice.Content.IsMissingOrNull)
        {
            edits.Replace(choice.Content, "{\"role\":\"assistant\",\"content\":null,\"refusal\":null}"u8.ToArray());
        }
        else
        {
            edits.AddIfMissing(json, choice.Role, choice.Content, Role);
            edits.AddIfMissing(json, choice.Text, choice.Content, NoContent);
            edits.AddIfMissing(json, choice.Refusal, choice.Content, NoRefusal);
        }
    }
}
