using System.Globalization;
using System.Linq.Expressions;
using FreeGpt4.LlmApi.State;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.Usage;

/// <summary>Reads what was written down.</summary>
internal sealed class UsageReports(StateStore store)
{
    /// <param name="user"><c>null</c> for everybody.</param>
    public Task<List<UsageTotal>> TotalsAsync(DateOnly from, DateOnly until, UsageGroup by, Guid? user, CancellationToken cancellationToken) =>
        store.ReadAsync(
            async context =>
            {
                var days = context.UsageDays.AsNoTracking().Where(day => day.Day >= from && day.Day <= until);
                days = user is { } one ? days.Where(day => day.UserId == one) : days;
                return by switch
                {
                    UsageGroup.Provider => await SumAsync(days, day => day.Provider, key => key, cancellationToken),
                    UsageGroup.Model => await SumAsync(days, day => day.Model, key => key, cancellationToken),
                    UsageGroup.User => await NameAsync(
                        context, await SumAsync(days, day => day.UserId, IdOf, cancellationToken), cancellationToken),
                    _ => await SumAsync(days, day => day.Day, key => key.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), cancellationToken),
                };
            },
            cancellationToken);

    /// <summary>The newest first.</summary>
    public Task<RequestPage> RequestsAsync(RequestFilter wanted, int limit, CancellationToken cancellationToken) => store.ReadAsync(
        async context =>
        {
            var all = context.Usage.AsNoTracking();
            if (wanted.From is { } from)
            {
                var start = StartOf(from);
                all = all.Where(one => one.At >= start);
            }

            if (wanted.To is { } until && until < DateOnly.MaxValue)
            {
                var end = StartOf(until.AddDays(1));
                all = all.Where(one => one.At < end);
            }

            all = wanted.User is { } user ? all.Where(one => one.UserId == (user == Guid.Empty ? null : user)) : all;
            all = wanted.Provider is { } provider ? all.Where(one => one.Provider == provider) : all;
            all = wanted.Model is { } model ? all.Where(one => one.Model == model) : all;
            all = wanted.Outcome is { } outcome ? all.Where(one => one.Outcome == outcome) : all;
            all = wanted.Before is { } before ? all.Where(one => one.Id < before) : all;
            var page = await all.OrderByDescending(one => one.Id).Take(limit + 1).ToListAsync(cancellationToken);
            return page.Count <= limit ? new RequestPage(page, Next: null) : new(page[..limit], page[limit - 1].Id);
        },
        cancellationToken);

    private static DateTimeOffset StartOf(DateOnly day) => new(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);

    private static string IdOf(Guid user) => user == Guid.Empty ? "" : user.ToString();

    private static async Task<List<UsageTotal>> SumAsync<TKey>(
        IQueryable<UsageDay> days, Expression<Func<UsageDay, TKey>> by, Func<TKey, string> text, CancellationToken cancellationToken)
    {
        var sums = await days.GroupBy(by)
            .Select(group => new
            {
                group.Key,
                Requests = group.Sum(day => day.Requests),
                Failures = group.Sum(day => day.Failures),
                PromptTokens = group.Sum(day => day.PromptTokens),
                CompletionTokens = group.Sum(day => day.CompletionTokens),
                FirstTokenMs = group.Sum(day => day.FirstTokenMs),
                FirstTokens = group.Sum(day => day.FirstTokens),
                DurationMs = group.Sum(day => day.DurationMs),
            })
            .OrderBy(sum => sum.Key)
            .ToListAsync(cancellationToken);
        return
        [
            .. sums.Select(sum => new UsageTotal(text(sum.Key), Name: null, sum.Requests, sum.Failures, sum.PromptTokens, sum.CompletionTokens)
            {
                FirstTokenMs = sum.FirstTokenMs,
                FirstTokens = sum.FirstTokens,
                DurationMs = sum.DurationMs,
            }),
        ];
    }

    private static async Task<List<UsageTotal>> NameAsync(StateContext context, List<UsageTotal> users, CancellationToken cancellationToken)
    {
        var names = await context.Users.AsNoTracking().ToDictionaryAsync(user => user.Id.ToString(), user => user.Name, cancellationToken);
        return [.. users.Select(user => user with { Name = names.GetValueOrDefault(user.Key ?? "") })];
    }
}
