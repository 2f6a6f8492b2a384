using System.Text;
using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Tokens;

namespace FreeGpt4.LlmApi.Embeddings;

/// <summary>Embeddings as the schema wants them.</summary>
internal static class EmbeddingWriter
{
    private static readonly byte[] ListObject = "\"object\":\"list\""u8.ToArray();
    private static readonly byte[] EmbeddingObject = "\"object\":\"embedding\""u8.ToArray();

    /// <param name="estimate">What it cost, where the upstream does not say.</param>
    public static ReadOnlyMemory<byte> Complete(AnswerJson answer, string model, TokenUsage? estimate)
    {
        var edits = new JsonEdits();
        edits.AddIfMissing(answer.Json, answer.Object, answer.Root, ListObject);
        edits.AddIfMissing(answer.Json, answer.Model, answer.Root, Encoding.UTF8.GetBytes($"\"model\":\"{JsonEncodedText.Encode(model)}\""));
        foreach (var embedding in answer.Choices)
        {
            edits.AddIndex(embedding, answer.Json);
            edits.AddIfMissing(answer.Json, embedding.Object, embedding.Root, EmbeddingObject);
        }

        edits.AddUsage(answer, estimate);
        return edits.ApplyTo(answer.Json);
    }
}
