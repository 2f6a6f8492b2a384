using FreeGpt4.LlmApi.Conversations;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.State;
using FreeGpt4.LlmApi.Users.Login;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.Users.Accounts;

/// <summary>Makes, changes and deletes users.</summary>
internal sealed class UserAccounts(StateStore store, UserDirectory directory, Passwords passwords, PasswordFiles files, TimeProvider time)
{
    public Task<List<User>> ListAsync(CancellationToken cancellationToken) => store.ReadAsync(
        context => context.Users.AsNoTracking().OrderBy(user => user.Key).ToListAsync(cancellationToken), cancellationToken);

    /// <exception cref="InvalidRequestException">There is none.</exception>
    public async Task<User> FindAsync(Guid id, CancellationToken cancellationToken) =>
        await store.ReadAsync(context => context.Users.AsNoTracking().FirstOrDefaultAsync(user => user.Id == id, cancellationToken), cancellationToken)
        ?? throw NoSuchUser();

    /// <exception cref="InvalidRequestException">The name is missing or taken, or the password cannot be one.</exception>
    public async Task<User> CreateAsync(UserChange change, CancellationToken cancellationToken)
    {
        var name = change.Name ?? throw new InvalidRequestException("'name' is missing.", "name");
        var hash = await HashAsync(change, name, cancellationToken);
        return await directory.ChangeAsync(
            async context =>
            {
                var user = new User { Name = name, Key = UserNames.KeyOf(name), CreatedAt = time.GetUtcNow() };
                change.ApplyTo(user, hash);
                await CheckNameAsync(context, user, cancellationToken);
                context.Users.Add(user);
                return user;
            },
            cancellationToken);
    }

    /// <exception cref="InvalidRequestException">There is none, the change cannot be made, or no admin would be left.</exception>
    public async Task<User> ChangeAsync(Guid id, UserChange change, CancellationToken cancellationToken)
    {
        var name = change.Name ?? directory.Find(id)?.Caller.Name ?? "";
        var hash = await HashAsync(change, name, cancellationToken);
        var (user, oldName) = await directory.ChangeAsync(
            async context =>
            {
                var found = await context.Users.FindAsync([id], cancellationToken) ?? throw NoSuchUser();
                var before = found.Name;
                change.ApplyTo(found, hash);
                await CheckNameAsync(context, found, cancellationToken);
                await CheckAdminsAsync(context, found, isThere: true, cancellationToken);
                if (hash is not null)
                {
                    await Logins.ForgetAsync(context, found.Name, cancellationToken);
                }

                return (found, before);
            },
            cancellationToken);
        if (hash is not null)
        {
            files.Delete(oldName);
            files.Delete(user.Name);
        }

        return user;
    }

    /// <exception cref="InvalidRequestException">There is none, or no admin would be left.</exception>
    public async Task DeleteAsync(Guid id, CancellationToken cancellationToken)
    {
        var name = await directory.ChangeAsync(
            async context =>
            {
                var user = await context.Users.FindAsync([id], cancellationToken) ?? throw NoSuchUser();
                context.Users.Remove(user);
                await CheckAdminsAsync(context, user, isThere: false, cancellationToken);
                var owner = ConversationOwner.OfUser(id);
                await context.Conversations.Where(conversation => conversation.Owner == owner).ExecuteDeleteAsync(cancellationToken);
                return user.Name;
            },
            cancellationToken);
        files.Delete(name);
    }

    public static InvalidRequestException NoSuchUser() => new(
        "There is no such user.", "id", "user_not_found", StatusCodes.Status404NotFound);

    private async Task<string?> HashAsync(UserChange change, string name, CancellationToken cancellationToken)
    {
        if (change.Password is not { } password)
        {
            return null;
        }

        Passwords.Check(password, name, "password");
        return await passwords.HashAsync(password, cancellationToken);
    }

    private static async Task CheckNameAsync(StateContext context, User user, CancellationToken cancellationToken)
    {
        if (await context.Users.AnyAsync(other => other.Key == user.Key && other.Id != user.Id, cancellationToken))
        {
            throw new InvalidRequestException(
                $"There is a user '{user.Name}' already; names differ by more than case.", "name", "user_exists", StatusCodes.Status409Conflict);
        }
    }

    // In the transaction of the change: of two admins who remove each other one stays.
    private static async Task CheckAdminsAsync(StateContext context, User user, bool isThere, CancellationToken cancellationToken)
    {
        var isAdmin = isThere && user is { Role: Role.Admin, IsDisabled: false };
        if (!isAdmin && !await context.Users.AnyAsync(
            other => other.Id != user.Id && other.Role == Role.Admin && !other.IsDisabled && other.PasswordHash != null, cancellationToken))
        {
            throw new InvalidRequestException(
                "Nobody would be left who is an admin and can log in.", "id", "last_admin", StatusCodes.Status409Conflict);
        }
    }
}
