using System.Security.Cryptography;
using System.Text;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.State;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.Users.Login;

/// <summary>
/// Tries passwords. After some wrong ones in a row a name is locked, longer each time, at all replicas. Nothing tells whether anybody has
/// that name: neither what is answered, nor how long it takes, nor the lock.
/// </summary>
internal sealed class Logins(StateStore store, UserDirectory users, Passwords passwords, TimeProvider time)
{
    public const int FreeAttempts = 5;

    private static readonly TimeSpan FirstLock = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestLock = TimeSpan.FromMinutes(15);

    // A few wrong ones are forgotten, and with them the names that somebody has made up.
    private static readonly TimeSpan MemoryOfFew = TimeSpan.FromHours(1);
    private static readonly TimeSpan MemoryOfMany = TimeSpan.FromDays(1);

    /// <returns>Who has logged in, and the security stamp that the password belongs to.</returns>
    /// <exception cref="InvalidRequestException">Name or password is wrong.</exception>
    /// <exception cref="TooManyLoginsException">Neither was looked at.</exception>
    public async Task<(KnownUser User, Guid Stamp)> TryAsync(string name, string password, CancellationToken cancellationToken)
    {
        if (name.Any(char.IsControl))
        {
            // Nobody has such a name, and PostgreSQL takes none.
            throw new InvalidRequestException("'username' has control characters in it.", "username");
        }

        using var place = passwords.Enter();
        var key = KeyOf(name);
        var found = await CountAsync(key, UserNames.KeyOf(name), cancellationToken);
        var isRight = await passwords.IsRightAsync(
            found?.PasswordHash, password.Length <= Passwords.Longest ? password : "", cancellationToken);
        if (found is null or { IsDisabled: true } || !isRight)
        {
            throw new InvalidRequestException("Name or password is wrong.", code: "invalid_credentials", status: StatusCodes.Status401Unauthorized);
        }

        await store.WriteAsync(topic: null, context => ForgetAsync(context, name, cancellationToken), cancellationToken);
        if (users.Find(found.Id)?.Stored.SecurityStamp != found.SecurityStamp)
        {
            await users.ReadAsync(cancellationToken);
        }

        return users.Find(found.Id) is { } user
            ? (user, found.SecurityStamp)
            : throw new InvalidRequestException("Name or password is wrong.", code: "invalid_credentials", status: StatusCodes.Status401Unauthorized);
    }

    /// <summary>Unlocks a name.</summary>
    public static Task ForgetAsync(StateContext context, string name, CancellationToken cancellationToken)
    {
        var key = KeyOf(name);
        return context.FailedLogins.Where(one => one.Key == key).ExecuteDeleteAsync(cancellationToken);
    }

    // Before the password is looked at: else all those that are sent at once would be tried.
    private async Task<Found?> CountAsync(string key, string userKey, CancellationToken cancellationToken)
    {
        var (wait, found) = await store.WriteAsync(
            topic: null,
            async context =>
            {
                var now = time.GetUtcNow();
                var (few, many) = (now - MemoryOfFew, now - MemoryOfMany);
                await context.FailedLogins
                    .Where(one => one.LastAt < many || (one.LastAt < few && one.Count < FreeAttempts))
                    .ExecuteDeleteAsync(cancellationToken);
                var failed = await context.FailedLogins.FindAsync([key], cancellationToken);

                // No lock is longer: that one was made by a clock that was wrong.
                if (failed?.LockedUntil is { } until && until > now && until <= now + LongestLock)
                {
                    return ((TimeSpan?)(until - now), (Found?)null);
                }

                if (failed is null)
                {
                    failed = new() { Key = key };
                    context.FailedLogins.Add(failed);
                }

                failed.Count++;
                failed.LastAt = now;
                failed.LockedUntil = failed.Count < FreeAttempts ? null : now + LockAfter(failed.Count);
                return (null, await context.Users.Where(user => user.Key == userKey)
                    .Select(user => new Found(user.Id, user.PasswordHash, user.SecurityStamp, user.IsDisabled))
                    .FirstOrDefaultAsync(cancellationToken));
            },
            cancellationToken);
        return wait is { } left ? throw TooManyLoginsException.OfName(left) : found;
    }

    private static TimeSpan LockAfter(int count) =>
        FirstLock * Math.Min(Math.Pow(2, count - FreeAttempts), LongestLock / FirstLock);

    private static string KeyOf(string name) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(UserNames.KeyOf(name))));

    private sealed record Found(Guid Id, string? PasswordHash, Guid SecurityStamp, bool IsDisabled);
}

/// <summary>For a while no password is tried: for that name, or for anybody.</summary>
internal sealed class TooManyLoginsException(string why, TimeSpan wait) : Exception($"{why} Try again in {Math.Ceiling(wait.TotalSeconds)} s.")
{
    public TimeSpan Wait => wait;

    public static TooManyLoginsException OfName(TimeSpan wait) => new("Too many wrong passwords for this name.", wait);

    public static TooManyLoginsException OfAll() => new("Too many are logging in at this moment.", TimeSpan.FromSeconds(1));
}
