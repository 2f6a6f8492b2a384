using System.Buffers;
using System.Text;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.ChatCompletions;

/// <summary>A buffered answer as the schema wants it: what the upstream sent, and the required members that it left out.</summary>
internal static class ChatCompletionWriter
{
    private static readonly byte[] ObjectMember = "\"object\":\"chat.completion\""u8.ToArray();
    private static readonly byte[] NoLogProbs = "\"logprobs\":null"u8.ToArray();
    private static readonly byte[] NoRefusal = "\"refusal\":null"u8.ToArray();
    private static readonly byte[] NoContent = "\"content\":null"u8.ToArray();
    private static readonly byte[] Role = "\"role\":\"assistant\""u8.ToArray();

    public static ReadOnlyMemory<byte> Complete(AnswerJson answer, string model, TimeProvider time)
    {
        var edits = new JsonEdits();
        new AnswerIdentity(answer, model, time).Apply(answer, ObjectMember, edits);
        foreach (var choice in answer.Choices)
        {
            CompleteChoice(choice, answer.Json, edits);
        }

        if (edits.IsEmpty)
        {
            return answer.Json;
        }

        var output = new ArrayBufferWriter<byte>(answer.Json.Length + 256);
        edits.WriteTo(output, answer.Json);
        return output.WrittenMemory;
    }

    private static void CompleteChoice(ChoiceJson choice, ReadOnlyMemory<byte> json, JsonEdits edits)
    {
        if (!choice.HasIndex)
        {
            edits.Add(json, choice.Root, Encoding.UTF8.GetBytes($"\"index\":{choice.Index}"));
        }

        AddIfMissing(choice.LogProbs, choice.Root, NoLogProbs);
        Finish(choice, json, edits);
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
            AddIfMissing(choice.Role, choice.Content, Role);
            AddIfMissing(choice.Text, choice.Content, NoContent);
            AddIfMissing(choice.Refusal, choice.Content, NoRefusal);
        }

        void AddIfMissing(JsonSlice member, JsonSlice target, byte[] text)
        {
            if (member.IsMissing)
            {
                edits.Add(json, target, text);
            }
        }
    }

    // A buffered answer is over when it arrives: without a reason it stopped, or waits for the tools it called.
    private static void Finish(ChoiceJson choice, ReadOnlyMemory<byte> json, JsonEdits edits)
    {
        if (choice.Finish is not FinishReason.None)
        {
            return;
        }

        var reason = choice.HasToolCalls ? "\"tool_calls\"" : "\"stop\"";
        if (choice.FinishReasonValue.IsMissing)
        {
            edits.Add(json, choice.Root, Encoding.UTF8.GetBytes($"\"finish_reason\":{reason}"));
        }
        else
        {
            edits.Replace(choice.FinishReasonValue, Encoding.UTF8.GetBytes(reason));
        }
    }
}
