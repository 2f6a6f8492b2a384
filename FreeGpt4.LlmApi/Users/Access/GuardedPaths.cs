using FreeGpt4.LlmApi.Errors;
using FreeGpt4.LlmApi.Settings;

namespace FreeGpt4.LlmApi.Users.Access;

/// <summary>Pages and <c>/api</c>, where a browser acts for who has logged in.</summary>
internal static class GuardedPaths
{
    private static readonly PathString[] Paths = ["/api", "/login", "/settings", "/save", "/generatetoken"];

    /// <summary>They are there under our own names only, are kept by no cache, and never have CORS headers.</summary>
    public static IApplicationBuilder UseGuardedPaths(this IApplicationBuilder app)
    {
        var options = app.ApplicationServices.GetRequiredService<Live<AccessOptions>>();
        return app.Use((context, next) =>
        {
            if (!Paths.Any(path => context.Request.Path.StartsWithSegments(path)))
            {
                return next(context);
            }

            // An error clears what was set before.
            context.Response.OnStarting(() =>
            {
                context.Response.Headers.CacheControl = "no-store";
                context.Response.Headers.XContentTypeOptions = "nosniff";
                return Task.CompletedTask;
            });

            // As an edge with TLS says it. Who says it without one only gets cookies that do not come back.
            if (context.Request.Headers["X-Forwarded-Proto"].ToString().Equals(Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase))
            {
                context.Request.Scheme = Uri.UriSchemeHttps;
            }

            return options.Current.Hosts.Allows(context.Request.Host)
                ? next(context)
                : ErrorReply.WriteAsync(context, AccessFailures.WrongHost, context.GetEndpoint(), context.RequestAborted);
        });
    }
}
