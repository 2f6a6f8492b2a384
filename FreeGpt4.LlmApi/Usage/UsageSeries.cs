using System.Data.Common;
using FreeGpt4.LlmApi.State;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.Usage;

/// <summary>
/// What was asked and how it went, over time. A part of time that is over is read once and remembered, until something of it is written late:
/// however many look on, the database sums up what is new.
/// </summary>
internal sealed class UsageSeries(StateStore store, TimeProvider time) : IDisposable
{
    // Of what ended a moment ago some is still to be written.
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(5);

    // For those who look on at the same time.
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<SeriesSpan, Known> _known = Enum.GetValues<SeriesSpan>().ToDictionary(span => span, _ => new Known());

    /// <returns>A point for each part of the span, the last for the one that is not over.</returns>
    /// <exception cref="DbException">The database does not answer.</exception>
    public async Task<IReadOnlyList<SeriesPoint>> ReadAsync(SeriesSpan span, CancellationToken cancellationToken)
    {
        var (width, count) = span switch
        {
            SeriesSpan.Hour => (TimeSpan.FromMinutes(1), 60),
            SeriesSpan.Day => (TimeSpan.FromHours(1), 24),
            _ => (TimeSpan.FromDays(1), 30),
        };
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var known = _known[span];
            var now = time.GetUtcNow();
            if (known.At <= now && now - known.At < Freshness)
            {
                return known.Points;
            }

            var last = new DateTimeOffset(now.Ticks - now.Ticks % width.Ticks, TimeSpan.Zero);
            var first = last - (count - 1) * width;
            var written = await WrittenAsync(known.LastId, cancellationToken);
            var settled = known.Points
                .Where(point => point.From >= first && point.From + width + Settled <= known.At && !(point.From + width > written.Since))
                .ToDictionary(point => point.From);
            var from = Enumerable.Range(0, count).Select(i => first + i * width).First(start => !settled.ContainsKey(start));
            var read = (span is SeriesSpan.Month
                ? await DaysAsync(DailyUsage.DayOf(from), cancellationToken)
                : await RecordsAsync(from, last + width, width, cancellationToken)).ToDictionary(point => point.From);
            known.Points =
            [
                .. from i in Enumerable.Range(0, count)
                   let start = first + i * width
                   select settled.GetValueOrDefault(start) ?? read.GetValueOrDefault(start) ?? new SeriesPoint(start, 0, 0, 0, 0, null),
            ];
            known.At = now;
            known.LastId = written.LastId;
            return known.Points;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    /// <returns>How far back what was written after a record reaches, <c>null</c> when nothing was; and which record is the last now.</returns>
    /// <remarks>Who writes waits for their turn: a record with a smaller number does not come later.</remarks>
    private Task<(DateTimeOffset? Since, long LastId)> WrittenAsync(long? lastId, CancellationToken cancellationToken) => store.ReadAsync(
        async context =>
        {
            // Who remembers nothing yet needs only the number.
            var later = lastId is { } id ? context.Usage.Where(one => one.Id > id) : context.Usage.OrderByDescending(one => one.Id).Take(1);
            var found = await later.GroupBy(_ => 1)
                .Select(all => new { Since = all.Min(one => one.At), LastId = all.Max(one => one.Id) })
                .FirstOrDefaultAsync(cancellationToken);
            return ((DateTimeOffset?)found?.Since, found?.LastId ?? lastId ?? 0);
        },
        cancellationToken);

    // By the index of "at". Entity Framework does not divide times.
    private Task<List<SeriesPoint>> RecordsAsync(DateTimeOffset from, DateTimeOffset until, TimeSpan width, CancellationToken cancellationToken) => store.ReadAsync(
        async context =>
        {
            await context.Database.OpenConnectionAsync(cancellationToken);
            await using var command = context.Database.GetDbConnection().CreateCommand();
            command.CommandText = $"""
                SELECT at / @width, COUNT(*), SUM(CASE WHEN outcome IN ('{Outcome.Failed}', '{Outcome.BrokenOff}') THEN 1 ELSE 0 END),
                  CAST(SUM(prompt_tokens) AS BIGINT), CAST(SUM(completion_tokens) AS BIGINT), CAST(AVG(first_token_ms) AS DOUBLE PRECISION)
                FROM usage WHERE at >= @from AND at < @until GROUP BY at / @width
                """;
            Add("@width", (long)width.TotalMilliseconds);
            Add("@from", from.ToUnixTimeMilliseconds());
            Add("@until", until.ToUnixTimeMilliseconds());
            var points = new List<SeriesPoint>();
            await using var rows = await command.ExecuteReaderAsync(cancellationToken);
            while (await rows.ReadAsync(cancellationToken))
            {
                points.Add(new(
                    DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(0) * (long)width.TotalMilliseconds),
                    rows.GetInt64(1),
                    rows.GetInt64(2),
                    rows.GetInt64(3),
                    rows.GetInt64(4),
                    rows.IsDBNull(5) ? null : Math.Round(rows.GetDouble(5))));
            }

            return points;

            void Add(string name, long value)
            {
                var parameter = command.CreateParameter();
                (parameter.ParameterName, parameter.Value) = (name, value);
                command.Parameters.Add(parameter);
            }
        },
        cancellationToken);

    private Task<List<SeriesPoint>> DaysAsync(DateOnly from, CancellationToken cancellationToken) => store.ReadAsync(
        async context =>
        {
            var days = await context.UsageDays.AsNoTracking().Where(day => day.Day >= from).GroupBy(day => day.Day).Select(day => new
            {
                Day = day.Key,
                Requests = day.Sum(one => one.Requests),
                Failures = day.Sum(one => one.Failures),
                PromptTokens = day.Sum(one => one.PromptTokens),
                CompletionTokens = day.Sum(one => one.CompletionTokens),
                FirstTokenMs = day.Sum(one => one.FirstTokenMs),
                FirstTokens = day.Sum(one => one.FirstTokens),
            }).ToListAsync(cancellationToken);
            return days.Select(day => new SeriesPoint(
                new(day.Day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero),
                day.Requests,
                day.Failures,
                day.PromptTokens,
                day.CompletionTokens,
                day.FirstTokens == 0 ? null : Math.Round((double)day.FirstTokenMs / day.FirstTokens))).ToList();
        },
        cancellationToken);

    private sealed class Known
    {
        public DateTimeOffset At { get; set; }

        /// <summary>Of the records that were there then.</summary>
        public long? LastId { get; set; }

        public IReadOnlyList<SeriesPoint> Points { get; set; } = [];
    }
}

/// <summary>How far back, in parts of a minute, an hour and a day (UTC).</summary>
internal enum SeriesSpan
{
    Hour,
    Day,
    Month,
}

/// <param name="From">When the part of time begins.</param>
/// <param name="Failures">Requests that nobody answered, or whose answer broke off.</param>
/// <param name="FirstTokenMs">Milliseconds to the first content, on average; <c>null</c> where no answer was streamed.</param>
internal sealed record SeriesPoint(DateTimeOffset From, long Requests, long Failures, long PromptTokens, long CompletionTokens, double? FirstTokenMs);
