using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace FreeGpt4.Proxy.Cors;

internal static class CorsExtensions
{
    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    private static readonly string[] Exposed =
    [
        "x-request-id", "x-freegpt4-provider", "x-freegpt4-model", "x-freegpt4-fallbacks", "x-freegpt4-replica", "x-freegpt4-usage",
        "openai-processing-ms", "retry-after", "x-should-retry",
    ];

    private static readonly TimeSpan PreflightIsKept = TimeSpan.FromHours(2);

    public static void AddApiCors(this IHostApplicationBuilder builder) => builder.Services.AddCors();

    /// <summary>
    /// Lets web pages of the configured origins call the API and nothing else, never with credentials. Preflights are answered here;
    /// everything behind it, the edge's own errors included, gets the headers.
    /// </summary>
    public static void UseApiCors(this WebApplication app)
    {
        var origins = app.Services.GetRequiredService<IOptions<EdgeOptions>>().Value.CorsOrigins;
        if (origins.Count > 0)
        {
            app.UseWhen(context => IsApi(context.Request), api => api.Use(VaryAsync(origins)).UseCors(policy => Allow(policy, origins)));
        }
    }

    // The middleware says so only to origins that are allowed, and a cache would give the others' answer to them.
    private static Func<HttpContext, RequestDelegate, Task> VaryAsync(IReadOnlyList<string> origins) => (context, next) =>
    {
        if (origins is not ["*"])
        {
            context.Response.OnStarting(() =>
            {
                if (!context.Response.Headers.Vary.Contains(HeaderNames.Origin))
                {
                    context.Response.Headers.Append(HeaderNames.Vary, HeaderNames.Origin);
                }

                return Task.CompletedTask;
            });
        }

        return next(context);
    };

    private static bool IsApi(HttpRequest request)
        => request.Path.StartsWithSegments("/v1") || (request.Path == "/" && request.QueryString.HasValue);

    private static void Allow(CorsPolicyBuilder policy, IReadOnlyList<string> origins)
    {
        policy.WithMethods(Methods).AllowAnyHeader().WithExposedHeaders(Exposed).SetPreflightMaxAge(PreflightIsKept);
        if (origins is ["*"])
        {
            policy.AllowAnyOrigin();
        }
        else
        {
            // By a condition of its own, which makes answers vary by origin even when only one is allowed.
            policy.SetIsOriginAllowed(origin => origins.Contains(origin, StringComparer.OrdinalIgnoreCase));
        }
    }
}
