using FreeGpt4.LlmApi.Hosting;
using FreeGpt4.LlmApi.State;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.Usage;

/// <summary>
/// Writes down what requests came to, many at once and off their way, and reads what the other replicas have written. While the database is
/// gone all of it waits; what is written is written once, even if the connection broke before it was known.
/// </summary>
internal sealed partial class UsageWriter : BackgroundService, IHostedLifecycleService
{
    /// <summary>Begins the names of the notes that say which batch of a replica was the last.</summary>
    public const string NotePrefix = "usage/";

    private const string Turn = "usage";
    private const int LargestBatch = 1000;

    // Others of this process want to write, too.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly UsageQueue _queue;
    private readonly DailyUsage _daily;
    private readonly StateStore _store;
    private readonly UsageOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<UsageWriter> _logger;
    private readonly string _note;
    private readonly LastAct _lastFlush;
    private readonly string _process = Guid.NewGuid().ToString("N");
    private readonly UsageSums _sums = new();
    private readonly List<UsageRecord> _batch = [];
    private readonly Stack<UsageRecord[]> _parts = new();
    private long _number;
    private bool _isInDoubt;
    private bool _wasLost;
    private bool _wasRefused;

    public UsageWriter(
        UsageQueue queue, DailyUsage daily, StateStore store, Replica replica, UsageOptions options, TimeProvider time, ILogger<UsageWriter> logger)
    {
        (_queue, _daily, _store, _options, _time, _logger) = (queue, daily, store, options, time, logger);
        _note = NotePrefix + replica.Id;
        _lastFlush = new(async cancellationToken =>
        {
            // The host does not wait for it when its own time is over.
            await (ExecuteTask ?? Task.CompletedTask).WaitAsync(cancellationToken);
            await FlushAsync(cancellationToken);
            await ForgetNoteAsync(cancellationToken);
        });
    }

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ReadTodayAsync(cancellationToken);
        }
        catch (Exception e) when (DatabaseFailure.IsOfDatabase(e))
        {
            // It was there a moment ago. The next look is in a second.
            Log.NotWritten(_logger, e.GetBaseException().Message.ReplaceLineEndings(" "));
        }
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // After the server has stopped: no more requests come.
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        if (!await _lastFlush.DoAsync() && _queue.Waiting + _batch.Count + _parts.Sum(part => part.Length) is > 0 and var left)
        {
            Log.Lost(_logger, left);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(_options.Interval, _time);
        try
        {
            while (await ticks.WaitForNextTickAsync(stoppingToken))
            {
                await FlushAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is left is written when everybody has gone.
        }
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (Fill())
            {
                await WriteBatchAsync(cancellationToken);
                _isInDoubt = false;
                _batch.Clear();
            }

            await ReadTodayAsync(cancellationToken);
            if (_wasLost)
            {
                _wasLost = false;
                Log.Back(_logger);
            }
        }
        catch (Exception e) when (DatabaseFailure.IsOfDatabase(e) || e is OperationCanceledException)
        {
            // Perhaps it was written, and only the answer got lost.
            _isInDoubt = _batch.Count > 0;
            if (e is OperationCanceledException)
            {
                throw;
            }

            if (!_wasLost)
            {
                _wasLost = true;
                Log.NotWritten(_logger, e.GetBaseException().Message.ReplaceLineEndings(" "));
            }
        }
    }

    private async Task WriteBatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _store.WriteInTurnAsync(Turn, topic: null, WriteAsync, Timeout, cancellationToken);
            _daily.Wrote(_batch);
        }
        catch (Exception e) when (DatabaseFailure.IsOfData(e))
        {
            // Nothing of it was written. One that is refused, whatever is wrong with it, must not stop all others.
            if (_batch.Count > 1)
            {
                var half = _batch.Count / 2;
                _parts.Push([.. _batch[half..]]);
                _parts.Push([.. _batch[..half]]);
                return;
            }

            _queue.Drop();
            if (!_wasRefused)
            {
                _wasRefused = true;
                Log.Refused(_logger, DatabaseFailure.CodeOf(e));
            }
        }
    }

    /// <returns>Whether there is something to write: a batch that could not be written, or the next.</returns>
    private bool Fill()
    {
        if (_batch.Count == 0)
        {
            _number++;
            if (_parts.TryPop(out var part))
            {
                _batch.AddRange(part);
            }

            while (part is null && _batch.Count < LargestBatch && _queue.TryTake(out var record))
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

        await UsageRows.InsertAsync(context, _batch, cancellationToken);
        await _sums.AddAsync(context, _batch, cancellationToken);
        await context.Database.ExecuteSqlAsync(
            $"INSERT INTO notes (name, value) VALUES ({_note}, {number}) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            cancellationToken);
        return true;
    }

    private async Task ReadTodayAsync(CancellationToken cancellationToken)
    {
        var today = DailyUsage.DayOf(_time.GetUtcNow());
        var totals = await _store.ReadAsync(
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
        _daily.Read(today, totals.Select(total => (total.User, total.Requests, total.Tokens)));
    }

    private Task<int> ForgetNoteAsync(CancellationToken cancellationToken) => _store.WriteInTurnAsync(
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

        [LoggerMessage(4, LogLevel.Warning, "The database refuses the usage of a request ({Code}). It is left out and counted as dropped, as are others like it.")]
        public static partial void Refused(ILogger logger, string code);
    }
}
