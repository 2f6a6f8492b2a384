using FreeGpt4.LlmApi.Providers;
using FreeGpt4.LlmApi.Users.Access;
using FreeGpt4.LlmApi.Users.Accounts;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FreeGpt4.LlmApi.Users.Login;

/// <summary>Logging in and out, and everybody's own account.</summary>
internal static class LoginEndpoints
{
    public static IEndpointRouteBuilder MapLogins(this IEndpointRouteBuilder routes)
    {
        // It takes JSON, which no form of another site can send: nobody is logged in unawares.
        routes.MapPost("/api/login", async (HttpContext context, Logins logins, UserDirectory users, IAntiforgery antiforgery) =>
        {
            var body = await context.Request.ReadObjectAsync(context.RequestAborted);
            var (user, stamp) = await logins.TryAsync(body.Required("username"), body.Required("password"), context.RequestAborted);
            await Sessions.BeginAsync(context, user, stamp);
            return Me(context, users, antiforgery);
        }).DisableAntiforgery().WithSmallBodies();
        routes.MapPost("/api/logout", async (HttpContext context, UserDirectory users) =>
        {
            await Sessions.EndAsync(context, users);
            return TypedResults.NoContent();
        });

        var me = routes.MapGroup("/api/me").RequireAuthorization(AccessPolicies.User).WithSmallBodies();
        me.MapGet("", Me);
        me.MapPatch("", async (HttpContext context, UserAccounts accounts, ProviderRegistry providers) =>
        {
            var change = UserChange.OfOwn(await context.Request.ReadObjectAsync(context.RequestAborted), providers.Current.IsName);
            return TypedResults.Json(
                UserReply.Of(await accounts.ChangeAsync(IdOf(context), change, context.RequestAborted)), AccountsJson.Default.UserReply);
        });
        me.MapPost("/password", async (HttpContext context, Logins logins, UserAccounts accounts, UserDirectory users) =>
        {
            var body = await context.Request.ReadObjectAsync(context.RequestAborted);
            var (current, next) = (body.Required("currentPassword"), body.Required("newPassword"));
            Passwords.Check(next, Caller.Of(context).Name!, "newPassword");

            // Whoever has found a browser that is logged in does not know it.
            await logins.TryAsync(Caller.Of(context).Name!, current, context.RequestAborted);
            var change = new UserChange();
            change.SetPassword(next);
            var user = await accounts.ChangeAsync(IdOf(context), change, context.RequestAborted);
            if (context.User.Identity?.AuthenticationType is KnownUser.BySession && users.Find(user.Id) is { } known)
            {
                // All sessions have ended, and this one begins anew.
                await Sessions.BeginAsync(context, known, user.SecurityStamp);
            }

            return TypedResults.NoContent();
        });
        me.MapGroup("/tokens").MapTokens(IdOf);
        return routes;
    }

    private static JsonHttpResult<MeReply> Me(HttpContext context, UserDirectory users, IAntiforgery antiforgery)
    {
        var token = context.User.Identity?.AuthenticationType is KnownUser.BySession ? antiforgery.GetAndStoreTokens(context).RequestToken : null;
        return users.Find(IdOf(context)) is { } user
            ? TypedResults.Json(new MeReply(UserReply.Of(user.Stored), token), AccountsJson.Default.MeReply)
            : throw UserAccounts.NoSuchUser();
    }

    private static Guid IdOf(HttpContext context) => Caller.Of(context).Id ?? throw UserAccounts.NoSuchUser();
}
