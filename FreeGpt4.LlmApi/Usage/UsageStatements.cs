using System.Data;
using System.Data.Common;
using System.Globalization;
using System.Text;
using FreeGpt4.LlmApi.State;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace FreeGpt4.LlmApi.Usage;

/// <summary>
/// Writes many records with few statements: saving them one by one would cost a tenth of what answering them does. The statements are the
/// same for both engines.
/// </summary>
internal sealed class UsageStatements
{
    // SQLite before 3.32 takes 999 parameters; a longer statement is not faster.
    private const int RowsOfStatement = 64;

    // Models may have any name where an upstream takes all of them: what is kept for good must not grow with what callers think up.
    private const int MostModelsOfDay = 1000;
    private const string OtherModels = "(others)";

    private static readonly (string Column, DbType Type, Func<UsageRecord, object?> Value)[] Columns =
    [
        ("at", DbType.Int64, one => one.At.ToUnixTimeMilliseconds()),
        ("user_id", DbType.Guid, one => one.UserId),
        ("route", DbType.String, one => one.Route),
        ("provider", DbType.String, one => one.Provider),
        ("model", DbType.String, one => one.Model),
        ("fallbacks", DbType.Int32, one => one.Fallbacks),
        ("status", DbType.Int32, one => one.Status),
        ("outcome", DbType.String, one => one.Outcome.ToString()),
        ("prompt_tokens", DbType.Int64, one => one.PromptTokens),
        ("completion_tokens", DbType.Int64, one => one.CompletionTokens),
        ("is_estimate", DbType.Boolean, one => one.IsEstimate),
        ("first_token_ms", DbType.Int32, one => one.FirstTokenMs),
        ("duration_ms", DbType.Int32, one => one.DurationMs),
        ("replica", DbType.String, one => one.Replica),
    ];

    private static readonly string WholeStatement = Statement(RowsOfStatement);

    private readonly HashSet<(string, string)> _models = [];
    private DateOnly _modelsDay;

    public static async Task InsertAsync(StateContext context, IReadOnlyCollection<UsageRecord> records, CancellationToken cancellationToken)
    {
        await using var command = context.Database.GetDbConnection().CreateCommand();
        command.Transaction = context.Database.CurrentTransaction?.GetDbTransaction();
        foreach (var rows in records.Chunk(RowsOfStatement))
        {
            Fill(command, rows);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    public async Task AddUpAsync(StateContext context, IEnumerable<UsageRecord> records, CancellationToken cancellationToken)
    {
        var days = new Dictionary<(DateOnly Day, Guid User, string Provider, string Model), UsageDay>();
        foreach (var record in records)
        {
            Add(days, record);
        }

        foreach (var day in days.Values)
        {
            await context.Database.ExecuteSqlAsync(
                $"""
                INSERT INTO usage_days (day, user_id, provider, model, requests, failures, prompt_tokens, completion_tokens, first_token_ms, first_tokens, duration_ms)
                VALUES ({day.Day}, {day.UserId}, {day.Provider}, {day.Model}, {day.Requests}, {day.Failures}, {day.PromptTokens}, {day.CompletionTokens},
                  {day.FirstTokenMs}, {day.FirstTokens}, {day.DurationMs})
                ON CONFLICT (day, user_id, provider, model) DO UPDATE SET
                  requests = usage_days.requests + excluded.requests,
                  failures = usage_days.failures + excluded.failures,
                  prompt_tokens = usage_days.prompt_tokens + excluded.prompt_tokens,
                  completion_tokens = usage_days.completion_tokens + excluded.completion_tokens,
                  first_token_ms = usage_days.first_token_ms + excluded.first_token_ms,
                  first_tokens = usage_days.first_tokens + excluded.first_tokens,
                  duration_ms = usage_days.duration_ms + excluded.duration_ms
                """,
                cancellationToken);
        }
    }

    private void Add(Dictionary<(DateOnly Day, Guid User, string Provider, string Model), UsageDay> days, UsageRecord record)
    {
        var day = DailyUsage.DayOf(record.At);
        var model = ModelIn(day, record);
        var key = (day, record.UserId ?? Guid.Empty, record.Provider, model);
        if (!days.TryGetValue(key, out var sum))
        {
            days[key] = sum = new() { Day = day, UserId = key.Item2, Provider = record.Provider, Model = model };
        }

        sum.Requests++;
        sum.Failures += record.Outcome is Outcome.Failed or Outcome.BrokenOff ? 1 : 0;
        sum.PromptTokens += record.PromptTokens;
        sum.CompletionTokens += record.CompletionTokens;
        sum.FirstTokenMs += record.FirstTokenMs ?? 0;
        sum.FirstTokens += record.FirstTokenMs is null ? 0 : 1;
        sum.DurationMs += record.DurationMs;
    }

    private string ModelIn(DateOnly day, UsageRecord record)
    {
        // Nobody answered: the name is the caller's own.
        if (record.Provider.Length == 0)
        {
            return "";
        }

        if (day > _modelsDay)
        {
            _modelsDay = day;
            _models.Clear();
        }

        var model = (record.Provider, record.Model);
        return _models.Contains(model) || (_models.Count < MostModelsOfDay && _models.Add(model)) ? record.Model : OtherModels;
    }

    private static void Fill(DbCommand command, UsageRecord[] rows)
    {
        var count = rows.Length * Columns.Length;
        if (command.Parameters.Count != count)
        {
            command.CommandText = rows.Length == RowsOfStatement ? WholeStatement : Statement(rows.Length);
            command.Parameters.Clear();
            for (var i = 0; i < count; i++)
            {
                var parameter = command.CreateParameter();
                parameter.ParameterName = Name(i);
                parameter.DbType = Columns[i % Columns.Length].Type;
                command.Parameters.Add(parameter);
            }
        }

        for (var i = 0; i < count; i++)
        {
            command.Parameters[i].Value = Columns[i % Columns.Length].Value(rows[i / Columns.Length]) ?? DBNull.Value;
        }
    }

    private static string Name(int parameter) => string.Create(CultureInfo.InvariantCulture, $"@p{parameter}");

    private static string Statement(int rows)
    {
        var text = new StringBuilder($"INSERT INTO usage ({string.Join(", ", Columns.Select(column => column.Column))}) VALUES ");
        for (var row = 0; row < rows; row++)
        {
            var parameters = Enumerable.Range(row * Columns.Length, Columns.Length).Select(Name);
            text.Append(row == 0 ? "(" : ", (").AppendJoin(", ", parameters).Append(')');
        }

        return text.ToString();
    }
}
