using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace FreeGpt4.LlmApi.Users.Login;

/// <summary>
/// What a browser shows after a login: a cookie with the user's id and security stamp, encrypted with keys that all replicas have. It is
/// good while the user has that stamp, and until somebody logs out with it or with a copy of it.
/// </summary>
internal static class Sessions
{
    public const string Scheme = "session";

    public const string CookieName = "freegpt4-session";

    private const string Stamp = "stamp";
    private const string Id = "session";

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    public static void Configure(CookieAuthenticationOptions options)
    {
        options.Cookie.Name = CookieName;
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.ExpireTimeSpan = Lifetime;
        options.SlidingExpiration = true;
        options.Events.OnValidatePrincipal = ValidateAsync;
    }

    /// <param name="stamp">The one that the password belongs to.</param>
    public static async Task BeginAsync(HttpContext context, KnownUser user, Guid stamp)
    {
        var identity = new ClaimsIdentity([new(ClaimTypes.NameIdentifier, user.Id.ToString()), new(Stamp, stamp.ToString()), new(Id, Guid.NewGuid().ToString("N"))], Scheme);
        await context.SignInAsync(Scheme, new(identity), new() { IsPersistent = true });

        // From here on, and so for the anti-forgery token of the reply.
        context.User = user.WithSession;
        context.Features.Set(user.Caller);
    }

    /// <summary>Ends the session that the browser shows, if it shows one, at all replicas: whoever has a copy of the cookie has nothing.</summary>
    public static async Task EndAsync(HttpContext context, UserDirectory users)
    {
        if ((await context.AuthenticateAsync(Scheme)).Principal is { } session && session.FindFirstValue(Id) is { } id)
        {
            // No copy is good for longer, since none is renewed any more.
            await users.EndSessionAsync(id, Lifetime, context.RequestAborted);
        }

        await context.SignOutAsync(Scheme);
    }

    /// <returns><c>null</c> when the session is over.</returns>
    public static KnownUser? UserIn(ClaimsPrincipal session, UserDirectory users) =>
        Guid.TryParse(session.FindFirstValue(ClaimTypes.NameIdentifier), out var id)
        && Guid.TryParse(session.FindFirstValue(Stamp), out var stamp)
        && users.Find(id) is { IsDisabled: false } user
        && user.Stored.SecurityStamp == stamp
        && !(session.FindFirstValue(Id) is { } one && users.HasEnded(one))
            ? user
            : null;

    private static async Task ValidateAsync(CookieValidatePrincipalContext cookie)
    {
        var context = cookie.HttpContext;
        var users = context.RequestServices.GetRequiredService<UserDirectory>();
        if (cookie.Principal is not { } session
            || await users.FindSoonAsync(() => UserIn(session, users), context.RequestAborted) is null)
        {
            // Not once more with each request.
            cookie.RejectPrincipal();
            await context.SignOutAsync(Scheme);
        }
    }
}
