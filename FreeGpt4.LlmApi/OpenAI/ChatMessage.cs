namespace FreeGpt4.LlmApi.OpenAI;

/// <summary>A chat request that the gateway itself makes, for callers who send no JSON.</summary>
internal sealed record ChatQuestion(string Model, IReadOnlyList<ChatMessage> Messages);

internal sealed record ChatMessage(string Role, string Content);
