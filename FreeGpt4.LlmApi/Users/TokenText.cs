using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace FreeGpt4.LlmApi.Users;

/// <summary>What an <see cref="AccessToken"/> looks like: <c>fg_</c> and 32 random bytes in base64url.</summary>
internal static class TokenText
{
    private const string Prefix = "fg_";
    private const int Bytes = 32;
    private const int HintLength = 4;

    public static string New() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>Whether a key was meant for us, be it right or wrong: other keys are sent because programs insist on having one.</summary>
    public static bool IsMeantForUs(string key) => key.StartsWith(Prefix, StringComparison.Ordinal);

    public static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    public static string HintOf(string token) => token[^Math.Min(HintLength, token.Length)..];
}
