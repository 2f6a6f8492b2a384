using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Hosting;

/// <summary>The headers that every reply has, errors included.</summary>
internal static class ReplyHeaders
{
    private const string RequestId = "x-request-id";

    public static IServiceCollection AddReplyHeaders(this IServiceCollection services, SettingsReader settings) =>
        services.AddSingleton(Replica.Read(settings));

    /// <summary>
    /// <c>x-request-id</c>: the caller's when it is a plain token, else a new one; <c>x-freegpt4-replica</c>: who answered.
    /// </summary>
    public static IApplicationBuilder UseReplyHeaders(this IApplicationBuilder app)
    {
        var replica = app.ApplicationServices.GetRequiredService<Replica>();
        return app.Use((context, next) =>
        {
            var sent = context.Request.Headers[RequestId].ToString();
            context.TraceIdentifier = Replica.IsToken(sent) ? sent : $"req_{Guid.NewGuid():N}";

            // At the last moment: an error clears what was set before.
            context.Response.OnStarting(
                static state =>
                {
                    var (response, id) = ((HttpResponse, string))state;
                    response.Headers[RequestId] = response.HttpContext.TraceIdentifier;
                    response.Headers["x-freegpt4-replica"] = id;
                    return Task.CompletedTask;
                },
                (context.Response, replica.Id));
            return next(context);
        });
    }
}
