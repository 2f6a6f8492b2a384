using FreeGpt4.LlmApi.Providers;
using FreeGpt4.LlmApi.Users.Access;

namespace FreeGpt4.LlmApi.Users.Accounts;

/// <summary>For admins: everybody's account.</summary>
internal static class UserEndpoints
{
    public static IEndpointRouteBuilder MapUsers(this IEndpointRouteBuilder routes)
    {
        var users = routes.MapGroup("/api/users").RequireAuthorization(AccessPolicies.Admin).WithSmallBodies();
        users.MapGet("", async (UserAccounts accounts, CancellationToken cancellationToken) => TypedResults.Json(
            new UserList([.. (await accounts.ListAsync(cancellationToken)).Select(UserReply.Of)]), AccountsJson.Default.UserList));
        users.MapPost("", async (HttpRequest request, UserAccounts accounts, ProviderRegistry providers, CancellationToken cancellationToken) =>
        {
            var change = UserChange.OfAny(await request.ReadObjectAsync(cancellationToken), providers.Current.IsName);
            var user = await accounts.CreateAsync(change, cancellationToken);
            request.HttpContext.Response.Headers.Location = $"/api/users/{user.Id}";
            return TypedResults.Json(UserReply.Of(user), AccountsJson.Default.UserReply, statusCode: StatusCodes.Status201Created);
        });
        users.MapGet("/{id}", async (string id, UserAccounts accounts, CancellationToken cancellationToken) =>
            TypedResults.Json(UserReply.Of(await accounts.FindAsync(Id(id), cancellationToken)), AccountsJson.Default.UserReply));
        users.MapPatch("/{id}", async (string id, HttpRequest request, UserAccounts accounts, ProviderRegistry providers, CancellationToken cancellationToken) =>
        {
            var change = UserChange.OfAny(await request.ReadObjectAsync(cancellationToken), providers.Current.IsName);
            return TypedResults.Json(UserReply.Of(await accounts.ChangeAsync(Id(id), change, cancellationToken)), AccountsJson.Default.UserReply);
        });
        users.MapDelete("/{id}", async (string id, UserAccounts accounts, CancellationToken cancellationToken) =>
        {
            await accounts.DeleteAsync(Id(id), cancellationToken);
            return TypedResults.NoContent();
        });
        users.MapGroup("/{id}/tokens").MapTokens(context => Id($"{context.GetRouteValue("id")}"));
        return routes;
    }

    private static Guid Id(string text) => Guid.TryParse(text, out var id) ? id : throw UserAccounts.NoSuchUser();
}
