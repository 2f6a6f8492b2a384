using System.Collections.Concurrent;
using FreeGpt4.LlmApi.Hosting;
using FreeGpt4.LlmApi.State;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.Users;

/// <summary>When users and tokens were last used: remembered here, and written now and then, many at once.</summary>
internal sealed partial class LastUses : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly StateStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger<LastUses> _logger;
    private readonly LastAct _lastWrite;
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _users = new();
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _tokens = new();

    public LastUses(StateStore store, TimeProvider time, ILogger<LastUses> logger)
    {
        (_store, _time, _logger) = (store, time, logger);
        _lastWrite = new(WriteAsync);
    }

    public void Add(Guid user, Guid? token)
    {
        var now = _time.GetUtcNow();
        _users[user] = now;
        if (token is { } id)
        {
            _tokens[id] = now;
        }
    }

    /// <summary>Once more at the end, so that a stop loses none.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await _lastWrite.DoAsync();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(Interval, _time);
        try
        {
            while (await ticks.WaitForNextTickAsync(stoppingToken))
            {
                await WriteAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The replica stops.
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        var (users, tokens) = (_users.ToArray(), _tokens.ToArray());
        if (users.Length + tokens.Length == 0)
        {
            return;
        }

        try
        {
            await _store.WriteAsync(
                topic: null,
                async context =>
                {
                    // Another replica may know of a later one.
                    foreach (var (id, at) in users)
                    {
                        await context.Users.Where(one => one.Id == id && (one.LastUsedAt == null || one.LastUsedAt < at))
                            .ExecuteUpdateAsync(one => one.SetProperty(user => user.LastUsedAt, at), cancellationToken);
                    }

                    foreach (var (id, at) in tokens)
                    {
                        await context.AccessTokens.Where(one => one.Id == id && (one.LastUsedAt == null || one.LastUsedAt < at))
                            .ExecuteUpdateAsync(one => one.SetProperty(token => token.LastUsedAt, at), cancellationToken);
                    }
                },
                cancellationToken);
            Forget(_users, users);
            Forget(_tokens, tokens);
        }
        catch (Exception e) when (DatabaseFailure.IsOfDatabase(e) || cancellationToken.IsCancellationRequested)
        {
            // With the next ones.
            Log.NotWritten(_logger, users.Length, e.GetBaseException().Message.ReplaceLineEndings(" "));
        }
    }

    // Unless there was a later use meanwhile.
    private static void Forget(ConcurrentDictionary<Guid, DateTimeOffset> all, KeyValuePair<Guid, DateTimeOffset>[] written)
    {
        foreach (var one in written)
        {
            all.TryRemove(one);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "When {Count} users were last here could not be written yet: {Reason}")]
        public static partial void NotWritten(ILogger logger, int count, string reason);
    }
}
