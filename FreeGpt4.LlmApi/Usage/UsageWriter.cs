using FreeGpt4.LlmApi.Hosting;
using FreeGpt4.LlmApi.State;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.Usage;

/// <summary>
/// Writes down what requests came to, many at once and off their way, and reads what the other replicas have written. While the database is
/// gone all of it waits; what is written is written once, even if the connection broke before it was known.
/// </summary>
internal sealed partial class UsageWriter(
    UsageQueue queue, DailyUsage daily, StateStore store, Replica replica, UsageOptions options, TimeProvider time, ILogger<UsageWriter> logger)
    : BackgroundService, IHostedLifecycleService
{
    /// <summary>Begins the names of the notes that say which batch of a replica was the last.</summary>
    public const string NotePrefix = "usage/";

    private const string Turn = "usage";
    private const int LargestBatch = 1000;

    // The process has to end in time, whatever the database does.
    private static readonly TimeSpan LastChance = TimeSpan.FromSeconds(1);

    // Others of this process want to write, too.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly string _note = NotePrefix + replica.Id;
    private readonly string _process = Guid.NewGuid().ToString("N");
    private readonly UsageStatements _statements = new();
    private readonly List<UsageRecord> _batch = [];
    private readonly SemaphoreSlim _one = new(1);
    private long _number;
    private bool _isInDoubt;
    private bool _wasLost;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ReadTodayAsync(cancellationToken);
        }
        catch (Exception e) when (ChangeFeed.IsOfDatabase(e))
        {
            // It was there a moment ago. The next look is in a second.
            Log.NotWritten(logger, e.GetBaseException().Message.ReplaceLineEndings(" "));
        }
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // After the server has stopped: no more requests come. The host's time may be over by then, ours is not.
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(LastChance);
        try
        {
            await Task.Run(() => FlushAsync(forGood: true, limit.Token), limit.Token).WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            Log.Lost(logger, queue.Waiting + _batch.Count);
        }
    }

    public override void Dispose()
    {
        _one.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(options.Interval, time);
        try
        {
            while (await ticks.WaitForNextTickAsync(stoppingToken))
            {
                await FlushAsync(forGood: false, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is left is written when everybody has gone.
        }
    }

    private async Task FlushAsync(bool forGood, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            while (Fill())
            {
                await store.WriteInTurnAsync(Turn, topic: null, WriteAsync, Timeout, cancellationToken);
                _isInDoubt = false;
                daily.Wrote(_batch);
                _batch.Clear();
            }

            await (forGood ? (Task)ForgetNoteAsync(cancellationToken) : ReadTodayAsync(cancellationToken));
            if (_wasLost)
            {
                _wasLost = false;
                Log.Back(logger);
            }
        }
        catch (Exception e) when (ChangeFeed.IsOfDatabase(e))
        {
            // Perhaps it was written, and only the answer got lost.
            _isInDoubt = _batch.Count > 0;
            if (!_wasLost)
            {
                _wasLost = true;
                Log.NotWritten(logger, e.GetBaseException().Message.ReplaceLineEndings(" "));
            }
        }
        finally
        {
            _one.Release();
        }
    }

    /// <returns>Whether there is something to write: a batch that could not be written, or the next.</returns>
    private bool Fill()
    {
        if (_batch.Count == 0)
        {
            _number++;
            while (_batch.Count < LargestBatch && queue.TryTake(out var record))
            {
                _batch.Add(record);
            }
        }

        return _batch.Count > 0;
    }

    private async Task<bool> WriteAsync(StateContext context, CancellationToken cancellationToken)
    {
        var number = $"{_process}/{_number}";
        if (_isInDoubt && await context.Notes.AnyAsync(note => note.Name == _note && note.Value == number, cancellationToken))
        {
            return false;
        }

        await UsageStatements.InsertAsync(context, _batch, cancellationToken);
        await _statements.AddUpAsync(context, _batch, cancellationToken);
        await context.Database.ExecuteSqlAsync(
            $"INSERT INTO notes (name, value) VALUES ({_note}, {number}) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            cancellationToken);
        return true;
    }

    private async Task ReadTodayAsync(CancellationToken cancellationToken)
    {
        var today = DailyUsage.DayOf(time.GetUtcNow());
        var totals = await store.ReadAsync(
            context => context.UsageDays
                .Where(day => day.Day == today && day.UserId != Guid.Empty)
                .GroupBy(day => day.UserId)
                .Select(days => new
                {
                    User = days.Key,
                    Requests = days.Sum(day => day.Requests),
                    Tokens = days.Sum(day => day.PromptTokens + day.CompletionTokens),
                })
                .ToListAsync(cancellationToken),
            cancellationToken);
        daily.Read(today, totals.Select(total => (total.User, total.Requests, total.Tokens)));
    }

    private Task<int> ForgetNoteAsync(CancellationToken cancellationToken) => store.WriteInTurnAsync(
        Turn,
        topic: null,
        (context, token) => context.Notes.Where(note => note.Name == _note).ExecuteDeleteAsync(token),
        Timeout,
        cancellationToken);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Usage waits for the database ({Reason}).")]
        public static partial void NotWritten(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Information, "Usage is written again.")]
        public static partial void Back(ILogger logger);

        [LoggerMessage(3, LogLevel.Warning, "The database did not take the usage of the last {Count} requests in time.")]
        public static partial void Lost(ILogger logger, int count);
    }
}
