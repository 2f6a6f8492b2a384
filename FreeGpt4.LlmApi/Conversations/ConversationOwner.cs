using System.Security.Cryptography;
using System.Text;

namespace FreeGpt4.LlmApi.Conversations;

/// <summary>Whose a conversation is. Two anonymous callers are never the same one.</summary>
internal static class ConversationOwner
{
    public const string UserPrefix = "user:";
    public const string BrowserPrefix = "browser:";

    public static string OfUser(Guid user) => $"{UserPrefix}{user:N}";

    /// <param name="browser">From a cookie that only we can make.</param>
    public static string OfBrowser(Guid browser) => $"{BrowserPrefix}{browser:N}";

    /// <summary>Tells owners apart, and tells nobody how to be one.</summary>
    public static string MarkOf(string owner) => $"{(IsUser(owner) ? 'u' : 'b')}{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(owner)).AsSpan(0, 8))}";

    public static bool IsUser(string owner) => owner.StartsWith(UserPrefix, StringComparison.Ordinal);
}
