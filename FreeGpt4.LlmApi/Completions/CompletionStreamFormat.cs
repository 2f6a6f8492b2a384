using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Streaming;

namespace FreeGpt4.LlmApi.Completions;

/// <summary><c>text_completion</c> events; a part of the text looks like the whole.</summary>
internal sealed class CompletionStreamFormat(TextRequest request, TimeProvider time) : ChoiceStreamFormat(request, time)
{
    protected override string NoContent => "\"text\":\"\",\"logprobs\":null";

    protected override void MendContent(ChoiceJson choice, bool isFirst, ReadOnlyMemory<byte> json, JsonEdits edits) =>
        CompletionWriter.CompleteText(choice, json, edits);
}
