namespace FreeGpt4.LlmApi.Conversations;

/// <summary>Whose a conversation is. Two anonymous callers are never the same one.</summary>
internal static class ConversationOwner
{
    public static string OfUser(Guid user) => $"user:{user:N}";

    /// <param name="browser">From a cookie that only we can make.</param>
    public static string OfBrowser(Guid browser) => $"browser:{browser:N}";
}
