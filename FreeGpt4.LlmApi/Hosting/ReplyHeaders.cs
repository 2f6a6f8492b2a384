using System.Globalization;
using FreeGpt4.ServiceDefaults.Settings;

namespace FreeGpt4.LlmApi.Hosting;

/// <summary>The headers that every reply has, errors included.</summary>
internal static class ReplyHeaders
{
    private const string RequestId = "x-request-id";

    public static IServiceCollection AddReplyHeaders(this IServiceCollection services, SettingsReader settings) =>
        services.AddSingleton(Replica.Read(settings));

    /// <summary>
    /// <c>x-request-id</c>: the caller's when it is a plain token, else a new one; <c>x-freegpt4-replica</c>: who answered;
    /// <c>openai-processing-ms</c>: whole milliseconds from the request to the first byte of the reply.
    /// </summary>
    public static IApplicationBuilder UseReplyHeaders(this IApplicationBuilder app)
    {
        var replica = app.ApplicationServices.GetRequiredService<Replica>();
        var time = app.ApplicationServices.GetRequiredService<TimeProvider>();
        return app.Use((context, next) =>
        {
            var sent = context.Request.Headers[RequestId].ToString();
            context.TraceIdentifier = Replica.IsToken(sent) ? sent : $"req_{Guid.NewGuid():N}";

            // At the last moment: an error clears what was set before.
            var start = time.GetTimestamp();
            context.Response.OnStarting(() =>
            {
                var headers = context.Response.Headers;
                headers[RequestId] = context.TraceIdentifier;
                headers["x-freegpt4-replica"] = replica.Id;
                headers["openai-processing-ms"] = ((long)time.GetElapsedTime(start).TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
                return Task.CompletedTask;
            });
            return next(context);
        });
    }
}
