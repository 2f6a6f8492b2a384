using Microsoft.AspNetCore.Http.Features;

namespace FreeGpt4.Proxy.HeadLimits;

internal static class HeadLimitsExtensions
{
    // A replica reads headers of 32 KiB, the request line aside. The edge's own headers have to fit in, too.
    public const int LongestAddress = 24_000;
    public const int LongestHeaders = 32_000;

    // ": " and the end of the line.
    private const int AroundValue = 4;

    /// <summary>Refuses what is too long for a replica, and methods that no replica has, in words rather than by a closed connection.</summary>
    public static void UseHeadLimits(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (StatusOf(context) is not { } refusal)
        {
            return next(context);
        }

        context.Response.StatusCode = refusal;
        return Task.CompletedTask;
    });

    private static int? StatusOf(HttpContext context)
    {
        var address = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Length;
        if (address >= LongestAddress)
        {
            return StatusCodes.Status414UriTooLong;
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
