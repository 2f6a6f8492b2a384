using System.Text.Json;
using System.Text.Json.Serialization;

namespace FreeGpt4.LlmApi.Users.Accounts;

/// <summary>A user as <c>/api</c> tells it.</summary>
internal sealed record UserReply(
    Guid Id,
    string Name,
    string Role,
    bool Disabled,
    bool HasPassword,
    string? Provider,
    string? Model,
    string? SystemPrompt,
    bool? History,
    int? DailyRequests,
    long? DailyTokens,
    DateTimeOffset CreatedAt,
    DateTimeOffset? LastUsedAt)
{
    public static UserReply Of(User user) => new(
        user.Id,
        user.Name,
        user.Role is Users.Role.Admin ? "admin" : "user",
        user.IsDisabled,
        user.PasswordHash is not null,
        user.Provider,
        user.Model,
        user.SystemPrompt,
        user.History,
        user.DailyRequests,
        user.DailyTokens,
        user.CreatedAt,
        user.LastUsedAt);
}

/// <param name="AntiforgeryToken">For the header <c>x-antiforgery-token</c>; <c>null</c> for who needs none.</param>
internal sealed record MeReply(UserReply User, string? AntiforgeryToken);

internal sealed record UserList(IReadOnlyList<UserReply> Users);

/// <param name="Token">The token itself, when it was made just now.</param>
internal sealed record TokenReply(
    Guid Id,
    string Name,
    string Hint,
    bool Disabled,
    DateTimeOffset CreatedAt,
    DateTimeOffset? LastUsedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Token = null)
{
    public static TokenReply Of(AccessToken token, string? text = null) =>
        new(token.Id, token.Name, token.Hint, token.IsDisabled, token.CreatedAt, token.LastUsedAt, text);
}

internal sealed record TokenList(IReadOnlyList<TokenReply> Tokens);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(UserReply))]
[JsonSerializable(typeof(UserList))]
[JsonSerializable(typeof(MeReply))]
[JsonSerializable(typeof(TokenReply))]
[JsonSerializable(typeof(TokenList))]
internal sealed partial class AccountsJson : JsonSerializerContext;
