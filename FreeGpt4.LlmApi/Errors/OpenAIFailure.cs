using System.Data.Common;
using FreeGpt4.LlmApi.Fallback;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Providers;
using FreeGpt4.LlmApi.State;
using FreeGpt4.LlmApi.Users.Login;
using Microsoft.EntityFrameworkCore;

namespace FreeGpt4.LlmApi.Errors;

/// <summary>What a caller is told about an exception; the one place that maps the one to the other.</summary>
/// <param name="Provider">Who says so, when it is not the gateway.</param>
/// <param name="RetryAfter">When asking again can help.</param>
/// <param name="IsRetryUseless">Asking again cannot help, though the status would invite it.</param>
internal sealed record OpenAIFailure(
    int Status, OpenAIError Error, string? Provider = null, TimeSpan? RetryAfter = null, bool IsRetryUseless = false)
{
    /// <returns><c>null</c> for an exception that nobody foresaw.</returns>
    public static OpenAIFailure? From(Exception exception) => exception switch
    {
        InvalidRequestException e => new(e.Status, e.Error),
        RequestRejectedException e => new(e.Status, e.Error, e.Provider),
        ModelNotFoundException => new(
            StatusCodes.Status404NotFound, new(exception.Message, OpenAIError.InvalidRequest, "model", "model_not_found")),
        OperationNotSupportedException => new(
            StatusCodes.Status400BadRequest, new(exception.Message, OpenAIError.InvalidRequest, Code: "operation_not_supported")),
        NobodyAnsweredException { IsLimit: true } e => new(
            StatusCodes.Status429TooManyRequests,
            new(e.Message, "rate_limit_error", Code: "rate_limit_exceeded"),
            RetryAfter: e.RetryAfter),
        NobodyAnsweredException e => new(
            StatusCodes.Status503ServiceUnavailable,
            new(e.Message, OpenAIError.Server, Code: "no_provider_answered"),
            RetryAfter: e.RetryAfter,
            IsRetryUseless: !e.MayRecover),

        // Only from a stream under way: before, the next provider is asked.
        ProviderException e => new(
            StatusCodes.Status502BadGateway,
            new(
                $"The provider {e.Message}.",
                OpenAIError.Server,
                Code: e.Failure is ProviderFailure.Timeout ? "upstream_timeout" : "upstream_error")),
        TooManyLoginsException e => new(
            StatusCodes.Status429TooManyRequests,
            new(e.Message, "rate_limit_error", Code: "too_many_logins"),
            RetryAfter: e.Wait,
            IsRetryUseless: true),
        _ when IsDatabaseException(exception) => new(
            StatusCodes.Status503ServiceUnavailable,
            new("The database does not answer. Nothing was changed.", OpenAIError.Server, Code: "database_unavailable")),
        StateUnavailableException => new(
            StatusCodes.Status503ServiceUnavailable, new(exception.Message, OpenAIError.Server, Code: "database_unavailable")),
        BadHttpRequestException e => new(e.StatusCode, new(e.Message, OpenAIError.InvalidRequest)),
        _ => null,
    };

    // Entity Framework wraps those that may pass. Less than DatabaseFailure.IsOfDatabase: of a request, an IOException or a timeout may be
    // of a connection to somebody else.
    private static bool IsDatabaseException(Exception exception) =>
        exception is DbException or DbUpdateException or InvalidOperationException { InnerException: DbException or DbUpdateException };

    /// <param name="most">How many bytes the route takes.</param>
    /// <param name="setting">What changes that, if anything does.</param>
    public static OpenAIFailure BodyTooLarge(long most, string? setting) => new(
        StatusCodes.Status413PayloadTooLarge,
        new(
            $"The request body is larger than the {most} bytes that are allowed{(setting is null ? "" : $" ({setting})")}.",
            OpenAIError.InvalidRequest,
            Code: "request_too_large"));

    public static OpenAIFailure Unforeseen(string requestId) => new(
        StatusCodes.Status500InternalServerError,
        new($"Something went wrong here; the log has the reason under {requestId}.", OpenAIError.Server, Code: "internal_error"));
}
