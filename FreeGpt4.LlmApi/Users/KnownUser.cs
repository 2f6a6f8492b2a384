using System.Security.Claims;

namespace FreeGpt4.LlmApi.Users;

/// <summary>A user as this replica knows them.</summary>
internal sealed class KnownUser
{
    /// <summary>The kind of identity of who shows a token.</summary>
    public const string ByToken = "token";

    /// <summary>The kind of identity of who has logged in: browsers send that along unasked.</summary>
    public const string BySession = "session";

    public KnownUser(User user)
    {
        Stored = user;
        Caller = new(user.Id, user.Name, user.Role)
        {
            Provider = user.Provider,
            Model = user.Model,
            SystemPrompt = user.SystemPrompt,
            History = user.History,
            DailyRequests = user.DailyRequests,
            DailyTokens = user.DailyTokens,
        };
        WithToken = Principal(ByToken);
        WithSession = Principal(BySession);
    }

    /// <summary>Not to be changed: all requests share it.</summary>
    public User Stored { get; }

    public Guid Id => Stored.Id;

    public bool IsDisabled => Stored.IsDisabled;

    public Caller Caller { get; }

    public ClaimsPrincipal WithToken { get; }

    public ClaimsPrincipal WithSession { get; }

    private ClaimsPrincipal Principal(string kind) => new(new ClaimsIdentity(
        [
            new(ClaimTypes.NameIdentifier, Id.ToString()),
            new(ClaimTypes.Name, Caller.Name!),
            new(ClaimTypes.Role, Caller.Role.ToString()),
        ],
        kind));
}

/// <summary>A token as this replica knows it.</summary>
internal sealed class KnownToken(AccessToken token, KnownUser user)
{
    public Guid Id => token.Id;

    public byte[] Hash => token.Hash;

    public KnownUser User => user;

    public bool IsDisabled => token.IsDisabled || user.IsDisabled;
}
