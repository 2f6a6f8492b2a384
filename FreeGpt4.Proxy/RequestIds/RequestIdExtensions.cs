using System.Buffers;

namespace FreeGpt4.Proxy.RequestIds;

internal static class RequestIdExtensions
{
    public const string Header = "x-request-id";

    private const int MaxLength = 128;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>
    /// Keeps the request id of the client when it is harmless in logs and headers (1 to 128 of <c>A-Za-z0-9._-</c>), else makes one.
    /// The replica and the client are told the same id.
    /// </summary>
    public static void UseRequestIds(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        context.Request.Headers[Header] = IdFor(context.Request.Headers);
        // At the very end, since a replica sends the header back and a failed attempt clears it.
        context.Response.OnStarting(TellClient, context);
        return next(context);
    });

    public static string IdFor(IHeaderDictionary headers)
        => headers[Header] is [{ Length: > 0 and <= MaxLength } given] && !given.AsSpan().ContainsAnyExcept(Allowed)
            ? given
            : $"req_{Guid.NewGuid():N}";

    private static Task TellClient(object state)
    {
        var context = (HttpContext)state;
        context.Response.Headers[Header] = context.Request.Headers[Header];
        return Task.CompletedTask;
    }
}
