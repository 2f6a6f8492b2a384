using System.Globalization;
using FreeGpt4.LlmApi.Conversations;
using FreeGpt4.LlmApi.Settings;
using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.State.Retention;

internal static class RetentionExtensions
{
    public static IServiceCollection AddRetention(this IServiceCollection services, SettingsReader settings, LiveSettings live) => services
        .AddSingleton(live.Add(settings, RetentionOptions.Read))
        .AddSingleton<CleanUp>()
        .AddHostedService(provided => provided.GetRequiredService<CleanUp>());
}

/// <summary>Removes what has been kept long enough: every ten minutes, at one of the replicas, and so few at a time that nobody waits long.</summary>
internal sealed partial class CleanUp(
    Live<RetentionOptions> options, StateStore store, TimeProvider time, ILogger<CleanUp> logger) : BackgroundService
{
    private const string Note = "clean-up after";
    private const int Batch = 500;

    // They may have thousands of messages.
    private const int ConversationBatch = 10;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    // Longer than the longest window of a limit, and than a replica can be silent and alive.
    private static readonly TimeSpan LongOver = TimeSpan.FromDays(2);

    // Nobody can tell how many browsers there are, or whether they come back.
    private static readonly TimeSpan KeepOfBrowsers = TimeSpan.FromDays(30);

    // For the others, who want to write, too.
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(20);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(Interval, time);
        try
        {
            while (await ticks.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await RunAsync(stoppingToken);
                }
                catch (Exception e) when (DatabaseFailure.IsOfDatabase(e) && !stoppingToken.IsCancellationRequested)
                {
                    Log.Later(logger, e.GetBaseException().Message.ReplaceLineEndings(" "));
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The replica stops; another one, or the next start, goes on.
        }
    }

    /// <returns>Whether it was this replica's turn.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        if (!await TakeTurnAsync(cancellationToken))
        {
            return false;
        }

        var (now, current) = (time.GetUtcNow(), options.Current);
        var conversations = current.Conversations is { } keep
            ? await RemoveAsync(
                context => context.Conversations.Where(one => one.UpdatedAt < now - keep).OrderBy(one => one.UpdatedAt).Take(ConversationBatch)
                    .ExecuteDeleteAsync(cancellationToken),
                ConversationBatch,
                cancellationToken)
            : await RemoveAsync(
                context => context.Conversations
                    .Where(one => one.Owner.StartsWith(ConversationOwner.BrowserPrefix) && one.UpdatedAt < now - KeepOfBrowsers)
                    .OrderBy(one => one.UpdatedAt).Take(ConversationBatch).ExecuteDeleteAsync(cancellationToken),
                ConversationBatch,
                cancellationToken);
        conversations += await RemoveOrphansAsync(cancellationToken);
        var usage = current.Usage is { } count
            ? await RemoveAsync(
                context => context.Usage.Where(one => one.At < now - count).OrderBy(one => one.At).Take(Batch).ExecuteDeleteAsync(cancellationToken),
                Batch,
                cancellationToken)
            : 0;

        // Their features remove them as well, while they are used.
        await RemoveAsync(
            context => context.Reservations.Where(one => one.At < now - LongOver).OrderBy(one => one.At).Take(Batch).ExecuteDeleteAsync(cancellationToken),
            Batch,
            cancellationToken);
        await RemoveAsync(
            context => context.Replicas.Where(one => one.SeenAt < now - LongOver).OrderBy(one => one.SeenAt).Take(Batch).ExecuteDeleteAsync(cancellationToken),
            Batch,
            cancellationToken);
        if (conversations + usage > 0)
        {
            Log.Removed(logger, conversations, usage);
        }

        return true;
    }

    // A replica that ends in the middle is followed by another one when the next is due.
    private Task<bool> TakeTurnAsync(CancellationToken cancellationToken) => store.WriteAsync(
        topic: null,
        async context =>
        {
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            var note = await context.Notes.FindAsync([Note], cancellationToken);
            if (note is not null && long.TryParse(note.Value, CultureInfo.InvariantCulture, out var due)
                && now < due && due <= now + (long)Interval.TotalMilliseconds)
            {
                return false;
            }

            // A little less than the interval: the one who did it last comes again in time.
            var next = (now + (long)(Interval.TotalMilliseconds * 0.9)).ToString(CultureInfo.InvariantCulture);
            if (note is null)
            {
                context.Notes.Add(new() { Name = Note, Value = next });
            }
            else
            {
                note.Value = next;
            }

            return true;
        },
        cancellationToken);

    // Of users who were removed.
    private async Task<int> RemoveOrphansAsync(CancellationToken cancellationToken)
    {
        var orphans = await store.ReadAsync(
            async context =>
            {
                var users = await context.Users.Select(user => user.Id).ToListAsync(cancellationToken);
                var owners = await context.Conversations.Where(one => one.Owner.StartsWith(ConversationOwner.UserPrefix))
                    .Select(one => one.Owner).Distinct().ToListAsync(cancellationToken);
                return owners.Except(users.Select(ConversationOwner.OfUser)).ToList();
            },
            cancellationToken);
        var removed = 0;
        foreach (var owner in orphans)
        {
            removed += await RemoveAsync(
                context => context.Conversations.Where(one => one.Owner == owner).OrderBy(one => one.Id).Take(ConversationBatch).ExecuteDeleteAsync(cancellationToken),
                ConversationBatch,
                cancellationToken);
        }

        return removed;
    }

    private async Task<int> RemoveAsync(Func<StateContext, Task<int>> removeBatch, int batch, CancellationToken cancellationToken)
    {
        for (var all = 0; ;)
        {
            var removed = await store.WriteAsync(topic: null, removeBatch, cancellationToken);
            all += removed;
            if (removed < batch)
            {
                return all;
            }

            await Task.Delay(Breath, cancellationToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Removed {Conversations} conversations and {Requests} records of requests, which were kept long enough.")]
        public static partial void Removed(ILogger logger, int conversations, int requests);

        [LoggerMessage(2, LogLevel.Warning, "The clean-up goes on later: {Reason}")]
        public static partial void Later(ILogger logger, string reason);
    }
}
