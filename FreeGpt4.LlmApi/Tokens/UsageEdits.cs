using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Tokens;

internal static class UsageEdits
{
    /// <param name="estimate"><c>null</c> for an answer that has its usage.</param>
    public static void AddUsage(this JsonEdits edits, AnswerJson answer, TokenUsage? estimate)
    {
        if (estimate is not { } usage)
        {
            return;
        }

        if (answer.Usage.IsMissing)
        {
            edits.Add(answer.Json, answer.Root, (byte[])[.. "\"usage\":"u8, .. usage.ToJson()]);
        }
        else
        {
            edits.Replace(answer.Usage, usage.ToJson());
        }
    }
}
