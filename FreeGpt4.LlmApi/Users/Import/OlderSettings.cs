using FreeGpt4.LlmApi.State;
using FreeGpt4.LlmApi.Text;

namespace FreeGpt4.LlmApi.Users.Import;

/// <summary>What a field is called here.</summary>
internal static class OlderSettings
{
    // As of a setting that is stored.
    private const int LongestText = 64 << 10;

    /// <returns>The setting; <c>null</c> where there is none, or none of that value.</returns>
    public static (string Name, string Value)? Find(string column, string? value, Func<string, bool> isProvider) => (column.ToLowerInvariant(), value) switch
    {
        (_, null or "" or { Length: > LongestText }) => null,
        ("keyword", _) when TextOptions.IsKeyword(value) => ("KEYWORD", value),
        ("provider", _) when isProvider(value) => ("PROVIDER", value),
        ("model", { Length: <= 200 }) when !value.Any(char.IsControl) => ("MODEL", value),
        ("system_prompt", _) when StoredText.IsAllowed(value) => ("SYSTEM_PROMPT", value),
        ("remove_sources", _) when Flag(value) is { } flag => ("REMOVE_SOURCES", flag),
        ("message_history", _) when Flag(value) is { } flag => ("HISTORY", flag),
        _ => null,
    };

    public static string WhyNot(string column, string? value) => column.ToLowerInvariant() switch
    {
        "id" => "rows have no numbers here",
        _ when string.IsNullOrEmpty(value) => "it is empty",
        "provider" when value.Equals("Auto", StringComparison.OrdinalIgnoreCase) => "without PROVIDER it is automatic here, too",
        "provider" => "there is no provider of that name here",
        "keyword" => $"allowed is {TextOptions.AllowedKeyword}",
        "model" or "system_prompt" => "it is too long, or has control characters",
        "remove_sources" or "message_history" => "it is neither true nor false",
        "file_input" => "files are always taken here",
        "port" => "clients come to EDGE_PORT, which the AppHost is told",
        "cookie_file" => "no provider here takes cookies; they have keys",
        "proxies" => "the proxies themselves were in another file; PROXIES is the setting",
        "password" => "the administrator here has ADMIN_PASSWORD, or the one that the first start made",
        "fast_api" => "the OpenAI API is always there",
        "virtual_users" => "users are always there",
        "private_mode" => "set PRIVATE_MODE=true when everybody has a token",
        "chat_history" => "it is what all callers without a token had asked, and belongs to nobody",
        _ => "FreeGPT4 had no such field",
    };

    private static string? Flag(string value) => value.ToLowerInvariant() switch
    {
        "true" or "1" => "true",
        "false" or "0" => "false",
        _ => null,
    };
}
