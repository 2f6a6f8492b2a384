using System.Text.RegularExpressions;

namespace FreeGpt4.LlmApi.Users;

internal static partial class UserNames
{
    public const string Admin = "admin";
    public const string Allowed = "3 to 50 letters, digits, '.', '_' or '-'";

    public static bool IsAllowed(string name) => Name().IsMatch(name);

    /// <summary>What two names have in common that differ by case alone.</summary>
    public static string KeyOf(string name) => name.Trim().ToLowerInvariant();

    [GeneratedRegex(@"^[A-Za-z0-9_.-]{3,50}\z")]
    private static partial Regex Name();
}
