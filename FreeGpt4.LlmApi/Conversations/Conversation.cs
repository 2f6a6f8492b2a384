namespace FreeGpt4.LlmApi.Conversations;

/// <summary>Messages that belong together, and to one owner.</summary>
internal sealed class Conversation
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>A user or, for who has not logged in, a browser: see <see cref="ConversationOwner"/>.</summary>
    public required string Owner { get; init; }

    public required string Title { get; set; }

    public string? Model { get; set; }

    public string? SystemPrompt { get; set; }

    /// <summary>Members of the request besides these, such as <c>{"temperature":0.2}</c>.</summary>
    public string? Parameters { get; set; }

    public int MessageCount { get; set; }

    /// <summary>Bytes of all messages.</summary>
    public long Size { get; set; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; set; }

    public List<ConversationMessage> Messages { get; init; } = [];
}

/// <summary>One message, as a chat request or its answer has it.</summary>
internal sealed class ConversationMessage
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid ConversationId { get; init; }

    /// <summary>From 0, in the order of the conversation.</summary>
    public required int Position { get; init; }

    public required string Role { get; init; }

    /// <summary>JSON: a string, or an array of content parts.</summary>
    public required string Content { get; init; }

    /// <summary>JSON of an answer: who gave it, tokens, times.</summary>
    public string? Details { get; init; }

    public DateTimeOffset CreatedAt { get; init; }
}
