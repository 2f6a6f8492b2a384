using FreeGpt4.LlmApi.Errors;
using FreeGpt4.LlmApi.Settings;
using Microsoft.AspNetCore.Antiforgery;

namespace FreeGpt4.LlmApi.Users.Access;

/// <summary>Who gets an answer, and what a browser may do with the session of who sits before it. Stands where it is known who asks.</summary>
internal sealed class AccessRules(Live<AccessOptions> options, IDailyUsage usage, IAntiforgery antiforgery, TimeProvider time) : IMiddleware
{
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var failure = context.GetEndpoint() is not { } endpoint ? null
            : endpoint.Metadata.GetMetadata<CallersOnly>() is { } rule ? await RefuseAsync(context, rule)
            : await RefuseForgedAsync(context, endpoint);
        await (failure is null ? next(context) : ErrorReply.WriteAsync(context, failure, context.GetEndpoint(), context.RequestAborted));
    }

    // A token that is none, or no longer, is refused in either mode: its owner was to notice, and not to go on as nobody, without limits.
    private async Task<OpenAIFailure?> RefuseAsync(HttpContext context, CallersOnly rule)
    {
        var caller = Caller.Of(context);
        if (context.Features.Get<RefusedKey>() is not null || (caller.Id is null && options.Current.IsPrivate))
        {
            return AccessFailures.WhoAreYou(context);
        }

        return caller is { HasLimits: true, Id: { } id } && rule.IsCounted && !await usage.TryBeginAsync(id, caller.DailyRequests, caller.DailyTokens)
            ? AccessFailures.EnoughForToday(caller, time.GetUtcNow())
            : null;
    }

    // Browsers send a session along whoever has made them ask; nobody else can have what stands in our pages.
    private async Task<OpenAIFailure?> RefuseForgedAsync(HttpContext context, Endpoint endpoint)
    {
        var method = context.Request.Method;
        return context.User.Identity?.AuthenticationType is KnownUser.BySession
            && !HttpMethods.IsGet(method) && !HttpMethods.IsHead(method)
            && endpoint.Metadata.GetMetadata<IAntiforgeryMetadata>() is not { RequiresValidation: false }
            && !await antiforgery.IsGenuineAsync(context)
                ? AccessFailures.Forged
                : null;
    }
}

internal static class AntiforgeryExtensions
{
    /// <summary>Whether a request has the token that we gave to the same browser and user, in a header or in a form.</summary>
    public static async Task<bool> IsGenuineAsync(this IAntiforgery antiforgery, HttpContext context)
    {
        try
        {
            await antiforgery.ValidateRequestAsync(context);
            return true;
        }
        catch (AntiforgeryValidationException)
        {
            return false;
        }
    }
}
