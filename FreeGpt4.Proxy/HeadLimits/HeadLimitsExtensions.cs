using Microsoft.AspNetCore.Http.Features;

namespace FreeGpt4.Proxy.HeadLimits;

internal static class HeadLimitsExtensions
{
    // A replica reads headers of 32 KiB, the request line aside. The edge's own headers have to fit in, too.
    public const int LongestAddress = 24_000;
    public const int LongestHeaders = 32_000;

    // Where the server puts the Content-Length of a request that is chunked, too. Who sends both may want one of two servers to see another
    // request in the body.
    private const string LengthBesideChunks = "X-Content-Length";

    // ": " and the end of the line.
    private const int AroundValue = 4;

    /// <summary>Refuses what is too long for a replica, methods that no replica has, and bodies whose length has two meanings.</summary>
    public static void UseHeadLimits(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (StatusOf(context) is not { } refusal)
        {
            return next(context);
        }

        context.Response.StatusCode = refusal;
        if (refusal == StatusCodes.Status400BadRequest)
        {
            context.Response.Headers.Connection = "close";
        }

        return Task.CompletedTask;
    });

    private static int? StatusOf(HttpContext context)
    {
        var address = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Length;
        if (address >= LongestAddress)
        {
            return StatusCodes.Status414UriTooLong;
        }

        if (context.Request.Headers.TransferEncoding.Count > 0 && context.Request.Headers.ContainsKey(LengthBesideChunks))
        {
            return StatusCodes.Status400BadRequest;
        }

        if (HttpMethods.IsTrace(context.Request.Method) || HttpMethods.IsConnect(context.Request.Method))
        {
            return StatusCodes.Status405MethodNotAllowed;
        }

        var whole = address;
        foreach (var (name, values) in context.Request.Headers)
        {
            foreach (var value in values)
            {
                whole += name.Length + AroundValue + (value?.Length ?? 0);
            }
        }

        return whole >= LongestHeaders ? StatusCodes.Status431RequestHeaderFieldsTooLarge : null;
    }
}
