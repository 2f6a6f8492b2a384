using FreeGpt4.LlmApi.State;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.Usage;

/// <summary>Adds what requests came to up to the totals of days, many at once.</summary>
internal sealed class UsageSums
{
    // Models may have any name where an upstream takes all of them: what is kept for good must not grow with what callers think up.
    private const int MostModelsOfDay = 1000;
    private const string OtherModels = "(others)";

    private readonly HashSet<(string, string)> _models = [];
    private DateOnly _modelsDay;

    public async Task AddAsync(StateContext context, IEnumerable<UsageRecord> records, CancellationToken cancellationToken)
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
}
