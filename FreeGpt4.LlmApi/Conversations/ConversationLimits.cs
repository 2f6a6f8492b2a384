namespace FreeGpt4.LlmApi.Conversations;

/// <summary>How much of a database nobody can fill who may keep conversations in it.</summary>
internal static class ConversationLimits
{
    public const int Title = 200;
    public const int Model = 200;
    public const int SystemPrompt = 100_000;
    public const int SystemPromptOfBrowser = 20_000;
    public const int Parameters = 16 << 10;
    public const int Details = 64 << 10;

    /// <summary>Bytes of one message: a picture in base64 fits.</summary>
    public const int Message = 4 << 20;

    public const int Messages = 2000;

    /// <summary>Bytes of all messages of a conversation.</summary>
    public const int Conversation = 32 << 20;
    public const int ConversationOfBrowser = 2 << 20;

    /// <summary>Of all browsers together that nobody has logged in with.</summary>
    public const int OfAllBrowsers = 20_000;
    public const long BytesOfAllBrowsers = 1L << 30;

    public const int Page = 100;
    public const int UsualPage = 50;
    public const int Search = 200;

    /// <summary>Of a user, or of a browser that nobody has logged in with: those cost nothing to make.</summary>
    public static int ConversationsOf(string owner) => ConversationOwner.IsUser(owner) ? 5000 : 50;

    /// <summary>Bytes of all messages of one conversation.</summary>
    public static int BytesOf(string owner) => ConversationOwner.IsUser(owner) ? Conversation : ConversationOfBrowser;
}
