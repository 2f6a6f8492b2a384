using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Streaming;

namespace FreeGpt4.LlmApi.ChatCompletions;

/// <summary><c>chat.completion.chunk</c> events.</summary>
internal sealed class ChatCompletionStreamFormat(ChatCompletionRequest request, TimeProvider time) : ChoiceStreamFormat(request, time)
{
    private static readonly byte[] NoDelta = "\"delta\":{}"u8.ToArray();
    private static readonly byte[] FirstDelta = "\"delta\":{\"role\":\"assistant\"}"u8.ToArray();
    private static readonly byte[] RoleMember = "\"role\":\"assistant\""u8.ToArray();

    private readonly ToolCallIndexes _toolCalls = new();

    protected override string NoContent => "\"delta\":{}";

    protected override void MendContent(ChoiceJson choice, bool isFirst, ReadOnlyMemory<byte> json, JsonEdits edits)
    {
        if (choice.Content.IsMissing)
        {
            edits.Add(json, choice.Root, isFirst ? FirstDelta : NoDelta);
        }
        else if (choice.Content.IsMissingOrNull)
        {
            edits.Replace(choice.Content, (isFirst ? FirstDelta : NoDelta).AsMemory("\"delta\":".Length));
        }
        else if (isFirst && choice.Role.IsMissing)
        {
            edits.Add(json, choice.Content, RoleMember);
        }
        else if (isFirst && choice.Role.IsMissingOrNull)
        {
            edits.Replace(choice.Role, RoleMember.AsMemory("\"role\":".Length));
        }

        _toolCalls.AddMissing(choice, json, edits);
    }
}
