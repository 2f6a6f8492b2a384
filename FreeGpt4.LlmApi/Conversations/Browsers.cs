using System.Security.Cryptography;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Users;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;

namespace FreeGpt4.LlmApi.Conversations;

/// <summary>
/// Tells browsers apart that nobody has logged in with: by a cookie that only the replicas can make, and that no script can read. It is
/// given to who looks at a list; whoever does not send it back, as programs, has no conversations.
/// </summary>
internal sealed class Browsers(IDataProtectionProvider protection)
{
    public const string Cookie = "freegpt4-browser";

    /// <summary>
    /// Goes with every change by a browser. Other sites can make it send its cookie: from another port of this host even past
    /// <c>SameSite</c>. But they cannot set a header without asking first, and no edge allows them to:
    /// https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html#employing-custom-request-headers-for-ajaxapi
    /// </summary>
    public const string Header = "x-freegpt4-csrf";

    /// <summary>Whose conversations a page has, as the list told it (<see cref="ConversationOwner.MarkOf"/>): somebody else may have logged in since.</summary>
    public const string OwnerHeader = "x-freegpt4-owner";

    // The longest that browsers keep one: https://www.rfc-editor.org/rfc/rfc6265bis#section-5.6.1
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(400);

    private readonly IDataProtector _protector = protection.CreateProtector("FreeGpt4.Browser.v1");

    /// <returns>The owner of what is read; <c>null</c> for who has nothing.</returns>
    /// <exception cref="InvalidRequestException">The request is meant for somebody else.</exception>
    public string? Find(HttpContext context)
    {
        var owner = Caller.Of(context).Id is { } user
            ? ConversationOwner.OfUser(user)
            : BrowserOf(context.Request) is { } browser ? ConversationOwner.OfBrowser(browser) : null;
        return context.Request.Headers[OwnerHeader] is [{ } meant] && (owner is null || meant != ConversationOwner.MarkOf(owner))
            ? throw new InvalidRequestException(
                $"The header {OwnerHeader} names somebody else than who is logged in now. Read the list anew.", OwnerHeader, "owner_changed", StatusCodes.Status409Conflict)
            : owner;
    }

    /// <summary>The owner of what is changed.</summary>
    /// <exception cref="InvalidRequestException">Nobody; or another site may have made the browser ask.</exception>
    public string Require(HttpContext context)
    {
        var owner = Find(context) ?? throw new InvalidRequestException(
            "Conversations are kept for users and browsers: send a user's token, or the cookie that GET /api/conversations gives.",
            code: "no_owner",
            status: StatusCodes.Status401Unauthorized);

        // Nobody has a browser send a token.
        var isByCookie = !ConversationOwner.IsUser(owner) || context.User.Identity?.AuthenticationType is KnownUser.BySession;
        return !isByCookie || context.Request.Headers[Header] == "1" ? owner : throw new InvalidRequestException(
            $"Send the header {Header}: 1 with every change.", code: "csrf_header_missing", status: StatusCodes.Status403Forbidden);
    }

    /// <summary>Makes sure that a browser is known the next time.</summary>
    /// <returns>The owner of what it will change then.</returns>
    public string Greet(HttpContext context)
    {
        if (Caller.Of(context).Id is { } user)
        {
            return ConversationOwner.OfUser(user);
        }

        var browser = BrowserOf(context.Request) ?? Guid.NewGuid();
        context.Response.Cookies.Append(Cookie, WebEncoders.Base64UrlEncode(_protector.Protect(browser.ToByteArray())), new()
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Secure = context.Request.IsHttps,
            MaxAge = Lifetime,
            IsEssential = true,
        });
        return ConversationOwner.OfBrowser(browser);
    }

    private Guid? BrowserOf(HttpRequest request)
    {
        try
        {
            return request.Cookies[Cookie] is { Length: > 0 } cookie
                && _protector.Unprotect(WebEncoders.Base64UrlDecode(cookie)) is { Length: 16 } bytes ? new Guid(bytes) : null;
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            // Not ours, or made with a master key that is no more.
            return null;
        }
    }
}
