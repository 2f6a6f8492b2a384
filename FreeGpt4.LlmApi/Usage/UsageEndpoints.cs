using System.Globalization;
using System.Text.Json;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Users;

namespace FreeGpt4.LlmApi.Usage;

/// <summary>Who has used what: sums for everybody's own, all of them and single requests for admins.</summary>
internal static class UsageEndpoints
{
    private const int UsualDays = 30;
    private const int UsualPage = 100;
    private const int LargestPage = 1000;

    public static IEndpointRouteBuilder MapUsage(this IEndpointRouteBuilder routes)
    {
        var reports = ActivatorUtilities.CreateInstance<UsageReports>(routes.ServiceProvider);
        var time = routes.ServiceProvider.GetRequiredService<TimeProvider>();
        routes.MapGet("/api/usage", async (HttpContext context, CancellationToken cancellationToken) =>
        {
            var caller = Caller.Of(context);
            var query = context.Request.Query;
            var today = DailyUsage.DayOf(time.GetUtcNow());
            var until = Day(query, "to") ?? today;
            var from = Day(query, "from") ?? DateOnly.FromDayNumber(Math.Max(0, until.DayNumber + 1 - UsualDays));
            var by = query["by"].FirstOrDefault()?.ToLowerInvariant() switch
            {
                null or "" or "day" => UsageGroup.Day,
                "provider" => UsageGroup.Provider,
                "model" => UsageGroup.Model,
                "user" => UsageGroup.User,
                _ => throw new InvalidRequestException("'by' must be day, provider, model or user.", "by"),
            };

            // Others than admins see their own, whatever they ask for.
            var user = caller.Role is Role.Admin ? User(query) : caller.Id ?? Guid.Empty;
            var totals = await reports.TotalsAsync(from, until, by, user, cancellationToken);
            context.Response.Headers.CacheControl = "no-store";
            return TypedResults.Json(
                new UsageReply(from, until, JsonNamingPolicy.CamelCase.ConvertName(by.ToString()), UsageTotal.Sum(totals), totals),
                UsageJsonContext.Default.UsageReply);
        }).RequireAuthorization(AccessPolicies.User);

        routes.MapGet("/api/usage/requests", async (HttpContext context, CancellationToken cancellationToken) =>
        {
            var query = context.Request.Query;
            var wanted = new RequestFilter(
                Day(query, "from"), Day(query, "to"), User(query), Text(query, "provider"), Text(query, "model"), OutcomeIn(query), Number(query, "before"));
            var limit = Number(query, "limit") ?? UsualPage;
            if (limit is < 1 or > LargestPage)
            {
                throw new InvalidRequestException($"'limit' must be a number from 1 to {LargestPage}.", "limit");
            }

            var page = await reports.RequestsAsync(wanted, (int)limit, cancellationToken);
            context.Response.Headers.CacheControl = "no-store";
            return TypedResults.Json(page, UsageJsonContext.Default.RequestPage);
        }).RequireAuthorization(AccessPolicies.Admin);
        return routes;
    }

    private static string? Text(IQueryCollection query, string name) => query[name].FirstOrDefault() is not { Length: > 0 } text ? null
        : !text.Any(char.IsControl) ? text
        : throw new InvalidRequestException($"'{name}' has control characters in it.", name);

    private static DateOnly? Day(IQueryCollection query, string name) => Text(query, name) is not { } text ? null
        : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day
        : throw new InvalidRequestException($"'{name}' must be a day (UTC) such as 2026-11-25.", name);

    // Of those who did not say who they are, there is no id: "anonymous".
    private static Guid? User(IQueryCollection query) => Text(query, "user") switch
    {
        null => null,
        "anonymous" => Guid.Empty,
        var text when Guid.TryParse(text, out var id) => id,
        _ => throw new InvalidRequestException("'user' must be the id of a user, or anonymous.", "user"),
    };

    private static Outcome? OutcomeIn(IQueryCollection query) => Text(query, "outcome") is not { } text ? null
        : Enum.TryParse<Outcome>(text, ignoreCase: true, out var outcome) && Enum.IsDefined(outcome) ? outcome
        : throw new InvalidRequestException($"'outcome' must be one of {string.Join(", ", Enum.GetNames<Outcome>())}.", "outcome");

    private static long? Number(IQueryCollection query, string name) => Text(query, name) is not { } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new InvalidRequestException($"'{name}' must be a number.", name);
}
