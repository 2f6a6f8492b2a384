namespace FreeGpt4.LlmApi.OpenAI;

/// <summary>What a model is asked for. Every provider has chat, and may have the others.</summary>
internal sealed class Operation
{
    private Operation(string name, string path, string input, AnswerShape answer, AnswerShape chunk) =>
        (Name, Path, Input, Answer, Chunk) = (name, path, input, answer, chunk);

    /// <summary>https://platform.openai.com/docs/api-reference/chat</summary>
    public static Operation Chat { get; } = new("chat completions", "chat/completions", "messages", AnswerShape.Message, AnswerShape.Delta);

    /// <summary>https://platform.openai.com/docs/api-reference/completions</summary>
    public static Operation Completions { get; } = new("text completions", "completions", "prompt", AnswerShape.Text, AnswerShape.Text);

    /// <summary>https://platform.openai.com/docs/api-reference/embeddings</summary>
    public static Operation Embeddings { get; } = new("embeddings", "embeddings", "input", AnswerShape.Embedding, AnswerShape.Embedding);

    public static IReadOnlyList<Operation> All { get; } = [Chat, Completions, Embeddings];

    /// <summary>As in "has no …".</summary>
    public string Name { get; }

    /// <summary>After the <c>/v1/</c> of a base address.</summary>
    public string Path { get; }

    /// <summary>The request member that holds the question.</summary>
    public string Input { get; }

    /// <summary>What a whole answer looks like.</summary>
    public AnswerShape Answer { get; }

    /// <summary>What a part of a streamed answer looks like. Embeddings are never streamed.</summary>
    public AnswerShape Chunk { get; }

    public override string ToString() => Name;
}
