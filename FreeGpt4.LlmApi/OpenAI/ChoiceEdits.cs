using System.Text;

namespace FreeGpt4.LlmApi.OpenAI;

/// <summary>What a choice of any operation must have.</summary>
internal static class ChoiceEdits
{
    public static void AddIndex(this JsonEdits edits, ChoiceJson choice, ReadOnlyMemory<byte> json)
    {
        if (!choice.HasIndex)
        {
            edits.Add(json, choice.Root, Encoding.UTF8.GetBytes($"\"index\":{choice.Index}"));
        }
    }

    /// <summary>A buffered answer is over when it arrives: without a reason it stopped, or waits for the tools it called.</summary>
    public static void AddFinishReason(this JsonEdits edits, ChoiceJson choice, ReadOnlyMemory<byte> json)
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
