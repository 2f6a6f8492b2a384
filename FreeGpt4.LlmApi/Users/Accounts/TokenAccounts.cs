using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.State;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.Users.Accounts;

/// <summary>Makes, changes and deletes the tokens of a user.</summary>
internal sealed class TokenAccounts(StateStore store, UserDirectory directory, TimeProvider time)
{
    public const int LongestName = 100;

    // Who has a program that makes a token at each start does not fill the memory of all replicas.
    private const int Most = 100;

    /// <exception cref="InvalidRequestException">There is no such user.</exception>
    public Task<List<AccessToken>> ListAsync(Guid userId, CancellationToken cancellationToken) => store.ReadAsync(
        async context => await context.Users.AnyAsync(user => user.Id == userId, cancellationToken)
            ? await context.AccessTokens.AsNoTracking().Where(token => token.UserId == userId).OrderBy(token => token.CreatedAt).ToListAsync(cancellationToken)
            : throw UserAccounts.NoSuchUser(),
        cancellationToken);

    /// <returns>The token, which nobody can be told again, and what is kept of it.</returns>
    /// <exception cref="InvalidRequestException">There is no such user, or they have too many.</exception>
    public async Task<(string Token, AccessToken Kept)> CreateAsync(Guid userId, string name, CancellationToken cancellationToken)
    {
        var token = TokenText.New();
        var kept = await directory.ChangeAsync(
            async context =>
            {
                if (!await context.Users.AnyAsync(user => user.Id == userId, cancellationToken))
                {
                    throw UserAccounts.NoSuchUser();
                }

                if (await context.AccessTokens.CountAsync(one => one.UserId == userId, cancellationToken) >= Most)
                {
                    throw new InvalidRequestException(
                        $"A user has at most {Most} tokens; delete one first.", code: "too_many_tokens", status: StatusCodes.Status409Conflict);
                }

                var made = new AccessToken
                {
                    UserId = userId,
                    Hash = TokenText.HashOf(token),
                    Hint = TokenText.HintOf(token),
                    Name = name,
                    CreatedAt = time.GetUtcNow(),
                };
                context.AccessTokens.Add(made);
                return made;
            },
            cancellationToken);
        return (token, kept);
    }

    /// <summary>Another token in place of one, which is none from now on.</summary>
    /// <inheritdoc cref="CreateAsync"/>
    public async Task<(string Token, AccessToken Kept)> RotateAsync(Guid userId, Guid id, CancellationToken cancellationToken)
    {
        var token = TokenText.New();
        var kept = await ChangeAsync(
            userId, id, found => (found.Hash, found.Hint, found.CreatedAt) = (TokenText.HashOf(token), TokenText.HintOf(token), time.GetUtcNow()), cancellationToken);
        return (token, kept);
    }

    /// <exception cref="InvalidRequestException">The user has no such token.</exception>
    public Task<AccessToken> ChangeAsync(Guid userId, Guid id, Action<AccessToken> change, CancellationToken cancellationToken) =>
        directory.ChangeAsync(
            async context =>
            {
                var found = await FindAsync(context, userId, id, cancellationToken);
                change(found);
                return found;
            },
            cancellationToken);

    /// <exception cref="InvalidRequestException">The user has no such token.</exception>
    public Task DeleteAsync(Guid userId, Guid id, CancellationToken cancellationToken) => directory.ChangeAsync(
        async context =>
        {
            context.AccessTokens.Remove(await FindAsync(context, userId, id, cancellationToken));
            return true;
        },
        cancellationToken);

    private static async Task<AccessToken> FindAsync(StateContext context, Guid userId, Guid id, CancellationToken cancellationToken) =>
        await context.AccessTokens.FirstOrDefaultAsync(token => token.Id == id && token.UserId == userId, cancellationToken)
        ?? throw new InvalidRequestException("The user has no such token.", "tokenId", "token_not_found", StatusCodes.Status404NotFound);
}
