using System.Text.Encodings.Web;
using FreeGpt4.LlmApi.Errors;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Users.Login;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace FreeGpt4.LlmApi.Users.Access;

/// <summary>
/// Finds out who asks: by a token, else by the session of a browser. A key that is no token of ours is not looked at: programs send one
/// because they insist on having one.
/// </summary>
internal sealed class CallerHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, UserDirectory users, LastUses uses)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "caller";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        foreach (var key in PresentedKeys.Of(Request))
        {
            var token = users.Find(key);
            if (token is null && TokenText.IsMeantForUs(key))
            {
                token = await users.FindSoonAsync(() => users.Find(key), Context.RequestAborted);
                if (token is null)
                {
                    return Refused();
                }
            }

            if (token is not null)
            {
                return token.IsDisabled ? Refused() : Entered(token.User, token);
            }
        }

        return MayUseSession() && (await Context.AuthenticateAsync(Sessions.Scheme)).Principal is { } session && Sessions.UserIn(session, users) is { } user
            ? Entered(user, token: null)
            : AuthenticateResult.NoResult();
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) =>
        ErrorReply.WriteAsync(Context, AccessFailures.WhoAreYou(Context), Context.GetEndpoint(), Context.RequestAborted);

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => ErrorReply.WriteAsync(
        Context,
        new(StatusCodes.Status403Forbidden, new("Only an admin may do that.", OpenAIError.InvalidRequest, Code: "admins_only")),
        Context.GetEndpoint(),
        Context.RequestAborted);

    private AuthenticateResult Entered(KnownUser user, KnownToken? token)
    {
        uses.Add(user.Id, token?.Id);
        Context.Features.Set(user.Caller);
        return AuthenticateResult.Success(new(token is null ? user.WithSession : user.WithToken, SchemeName));
    }

    private AuthenticateResult Refused()
    {
        Context.Features.Set(new RefusedKey());
        return AuthenticateResult.NoResult();
    }

    // Another site can make a browser ask a question here, though it cannot read the answer: such a one is nobody's.
    private bool MayUseSession() => Context.GetEndpoint()?.Metadata.GetMetadata<CallersOnly>() is null || SameOrigin.Sent(Request);
}

/// <summary>A feature of requests with a token that is none, or no longer.</summary>
internal sealed record RefusedKey;
