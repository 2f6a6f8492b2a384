using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using FreeGpt4.LlmApi.State;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.Users;

/// <summary>All users and tokens in memory, as the database last had them: to know who asks, nobody waits for it.</summary>
internal sealed class UserDirectory(StateStore store, TimeProvider time) : IDisposable
{
    /// <summary>What <see cref="ChangeFeed"/> calls them.</summary>
    public const string Topic = "users";

    /// <summary>Begins the name of a note for each session that somebody has logged out of; its value is the time until which it must be known.</summary>
    public const string EndedSession = "ended session/";

    // Longer than it takes to hear of what another replica has just done.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(600);

    // A read that began earlier does not overwrite one that began later.
    private readonly SemaphoreSlim _turn = new(1);

    private volatile Snapshot _now = new([], [], []);
    private volatile TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Raised after each read.</summary>
    public event Action? Read;

    public KnownUser? Find(Guid id) => _now.Users.GetValueOrDefault(id);

    /// <param name="key">The name in lower case.</param>
    public KnownUser? FindByKey(string key) => _now.Users.Values.FirstOrDefault(user => user.Stored.Key == key);

    /// <summary>Whose token it is.</summary>
    public KnownToken? Find(string token) => _now.Find(TokenText.HashOf(token));

    /// <summary>Whether somebody has logged out of it.</summary>
    public bool HasEnded(string session) => _now.EndedSessions.Contains(EndedSession + session);

    /// <summary>Looks once more after the next change, if there is one soon: another replica may have made a moment ago what is asked for.</summary>
    public async Task<T?> FindSoonAsync<T>(Func<T?> find, CancellationToken cancellationToken) where T : class
    {
        var next = _next.Task;
        if (find() is { } found)
        {
            return found;
        }

        await next.WaitAsync(Patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return find();
    }

    /// <exception cref="System.Data.Common.DbException"/>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            _now = await store.ReadAsync(
                async context => new Snapshot(
                    await context.Users.AsNoTracking().ToListAsync(cancellationToken),
                    await context.AccessTokens.AsNoTracking().ToListAsync(cancellationToken),
                    await context.Notes.Where(note => note.Name.StartsWith(EndedSession)).Select(note => note.Name).ToListAsync(cancellationToken)),
                cancellationToken);
            Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }
        finally
        {
            _turn.Release();
        }

        Read?.Invoke();
    }

    /// <summary>Changes users or tokens; when it returns this replica knows of it.</summary>
    /// <inheritdoc cref="StateStore.WriteAsync{T}"/>
    public async Task<T> ChangeAsync<T>(Func<StateContext, Task<T>> change, CancellationToken cancellationToken)
    {
        var result = await store.WriteAsync(Topic, change, cancellationToken);
        try
        {
            await ReadAsync(cancellationToken);
        }
        catch (Exception e) when (DatabaseFailure.IsOfDatabase(e))
        {
            // It is done; the feed tells it when the database is back.
        }

        return result;
    }

    /// <summary>From now on nobody is known by that session.</summary>
    /// <param name="lifetime">How long it could last.</param>
    /// <inheritdoc cref="StateStore.WriteAsync{T}"/>
    public Task EndSessionAsync(string session, TimeSpan lifetime, CancellationToken cancellationToken) => ChangeAsync(
        async context =>
        {
            var name = EndedSession + session;
            var (now, until) = (Sortable(time.GetUtcNow()), Sortable(time.GetUtcNow() + lifetime));
            await context.Notes.Where(note => note.Name.StartsWith(EndedSession) && string.Compare(note.Value, now) < 0).ExecuteDeleteAsync(cancellationToken);
            if (!await context.Notes.AnyAsync(note => note.Name == name, cancellationToken))
            {
                context.Notes.Add(new() { Name = name, Value = until });
            }

            return true;
        },
        cancellationToken);

    public void Dispose() => _turn.Dispose();

    private static string Sortable(DateTimeOffset at) => at.UtcDateTime.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);

    private sealed class Snapshot
    {
        private readonly ILookup<ulong, KnownToken> _tokens;

        public Snapshot(List<User> users, List<AccessToken> tokens, List<string> endedSessions)
        {
            EndedSessions = [.. endedSessions];
            Users = users.ToDictionary(user => user.Id, user => new KnownUser(user));
            _tokens = tokens
                .Where(token => Users.ContainsKey(token.UserId))
                .Select(token => new KnownToken(token, Users[token.UserId]))
                .ToLookup(token => StartOf(token.Hash));
        }

        public Dictionary<Guid, KnownUser> Users { get; }

        public HashSet<string> EndedSessions { get; }

        // Of a hash that nobody can aim at, where to look may depend on the start. What is equal is found in constant time.
        public KnownToken? Find(byte[] hash)
        {
            KnownToken? found = null;
            foreach (var token in _tokens[StartOf(hash)])
            {
                found = CryptographicOperations.FixedTimeEquals(token.Hash, hash) ? token : found;
            }

            return found;
        }

        private static ulong StartOf(byte[] hash) => BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }
}
