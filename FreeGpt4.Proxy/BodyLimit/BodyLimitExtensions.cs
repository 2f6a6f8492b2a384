using FreeGpt4.Proxy.Errors;
using FreeGpt4.ServiceDefaults.Settings;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace FreeGpt4.Proxy.BodyLimit;

internal static class BodyLimitExtensions
{
    private static readonly TimeSpan MostDiscarding = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Refuses a request whose body is longer than allowed by its length alone, before a replica is bothered. A body that does not
    /// tell its length is counted by the server while it is forwarded.
    /// </summary>
    public static void UseBodyLimit(this WebApplication app)
    {
        var limit = app.Services.GetRequiredService<IOptions<EdgeOptions>>().Value.MaxBodySize;
        var time = app.Services.GetRequiredService<TimeProvider>();
        app.Use(next => context => context.Request.ContentLength > limit ? RefuseAsync(context, time) : next(context));
    }

    private static async Task RefuseAsync(HttpContext context, TimeProvider time)
    {
        context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
        context.Response.Headers[HeaderNames.Connection] = "close";
        await EdgeErrors.WriteAsync(context);
        await context.Response.CompleteAsync();
        await DiscardBodyAsync(context, time);
    }

    // Most clients read the answer only when they have sent all; a connection closed under them hides it.
    private static async Task DiscardBodyAsync(HttpContext context, TimeProvider time)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } server)
        {
            server.MaxRequestBodySize = null;
        }

        using var enough = new CancellationTokenSource(MostDiscarding, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, context.RequestAborted);
        try
        {
            await context.Request.Body.CopyToAsync(Stream.Null, stop.Token);
        }
        catch (Exception left) when (left is IOException or OperationCanceledException)
        {
            // The client left, or sends for too long: either way there is nobody to be polite to.
            context.Abort();
        }
    }
}
