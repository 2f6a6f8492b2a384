using FreeGpt4.LlmApi.Errors;
using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Users.Access;

/// <summary>What those are told who are not let in.</summary>
internal static class AccessFailures
{
    public static OpenAIFailure WhoAreYou(HttpContext context) => new(
        StatusCodes.Status401Unauthorized,
        new(
            context.Features.Get<RefusedKey>() is null
                ? "This needs a token of a user, as Authorization: Bearer fg_…, or a login at /login."
                : "The token is not valid: it is unknown, was replaced or is disabled.",
            OpenAIError.InvalidRequest,
            Code: "invalid_api_key"));

    public static OpenAIFailure Forged { get; } = new(
        StatusCodes.Status400BadRequest,
        new(
            "The anti-forgery token is missing or not valid. GET /api/me gives one; send it in the header x-antiforgery-token, or load the form again.",
            OpenAIError.InvalidRequest,
            Code: "antiforgery_failed"));

    public static OpenAIFailure WrongHost { get; } = new(
        StatusCodes.Status400BadRequest,
        new("This name is not one of ours. If it is, add it to ALLOWED_HOSTS.", OpenAIError.InvalidRequest, Code: "host_not_allowed"));

    /// <param name="now">Until the next midnight (UTC) it is no use.</param>
    public static OpenAIFailure EnoughForToday(Caller caller, DateTimeOffset now) => new(
        StatusCodes.Status429TooManyRequests,
        new($"{caller.Name} has used up what a day (UTC) may have: {Limits(caller)}.", "rate_limit_error", Code: "daily_limit_reached"),
        RetryAfter: new DateTimeOffset(now.UtcDateTime.Date.AddDays(1), TimeSpan.Zero) - now,
        IsRetryUseless: true);

    private static string Limits(Caller caller) => string.Join(" and ", new[]
    {
        caller.DailyRequests is { } requests ? $"{requests} requests" : null,
        caller.DailyTokens is { } tokens ? $"{tokens} tokens" : null,
    }.OfType<string>());
}
