using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Users.Accounts;

/// <summary>The tokens of one user: that of the address, or who asks.</summary>
internal static class TokenEndpoints
{
    private const string UsualName = "token";

    public static void MapTokens(this RouteGroupBuilder tokens, Func<HttpContext, Guid> owner)
    {
        tokens.MapGet("", async (HttpContext context, TokenAccounts accounts) => TypedResults.Json(
            new TokenList([.. (await accounts.ListAsync(owner(context), context.RequestAborted)).Select(token => TokenReply.Of(token))]),
            AccountsJson.Default.TokenList));
        tokens.MapPost("", async (HttpContext context, TokenAccounts accounts) =>
        {
            var body = await context.Request.ReadObjectAsync(context.RequestAborted);
            var (token, kept) = await accounts.CreateAsync(owner(context), Name(body.Optional("name") ?? UsualName), context.RequestAborted);
            return TypedResults.Json(TokenReply.Of(kept, token), AccountsJson.Default.TokenReply, statusCode: StatusCodes.Status201Created);
        });
        tokens.MapPost("/{tokenId}/rotate", async (string tokenId, HttpContext context, TokenAccounts accounts) =>
        {
            var (token, kept) = await accounts.RotateAsync(owner(context), Id(tokenId), context.RequestAborted);
            return TypedResults.Json(TokenReply.Of(kept, token), AccountsJson.Default.TokenReply);
        });
        tokens.MapPatch("/{tokenId}", async (string tokenId, HttpContext context, TokenAccounts accounts) =>
        {
            var body = await context.Request.ReadObjectAsync(context.RequestAborted);
            var name = body.Optional("name");
            var disabled = body.TryGetProperty("disabled", out var value) ? value.FlagOrNull("disabled") : null;
            var kept = await accounts.ChangeAsync(
                owner(context),
                Id(tokenId),
                token => (token.Name, token.IsDisabled) = (name is null ? token.Name : Name(name), disabled ?? token.IsDisabled),
                context.RequestAborted);
            return TypedResults.Json(TokenReply.Of(kept), AccountsJson.Default.TokenReply);
        });
        tokens.MapDelete("/{tokenId}", async (string tokenId, HttpContext context, TokenAccounts accounts) =>
        {
            await accounts.DeleteAsync(owner(context), Id(tokenId), context.RequestAborted);
            return TypedResults.NoContent();
        });
    }

    // What is no id is nobody's.
    private static Guid Id(string text) => Guid.TryParse(text, out var id) ? id : Guid.Empty;

    private static string Name(string name) => name.Trim() is { Length: > 0 and <= TokenAccounts.LongestName } given && !given.Any(char.IsControl)
        ? given
        : throw new InvalidRequestException($"'name' has 1 to {TokenAccounts.LongestName} characters, none of them a control character.", "name");
}
