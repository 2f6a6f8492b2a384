using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Forwarder;

namespace FreeGpt4.Proxy.Assets;

/// <summary>
/// Keeps an asset for as long as the replica says that it may be kept. A replica that says nothing, or that its answer depends on more
/// than the address and the encodings that the client takes, is asked each time.
/// </summary>
internal sealed class AssetCachePolicy : IOutputCachePolicy
{
    public ValueTask CacheRequestAsync(OutputCacheContext context, CancellationToken cancellation)
    {
        var request = context.HttpContext.Request;
        var isCacheable = (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            && request.Headers is { Range.Count: 0, Authorization.Count: 0 };

        context.EnableOutputCaching = isCacheable;
        context.AllowCacheLookup = isCacheable;
        context.AllowCacheStorage = isCacheable;
        // Of those that ask for the same at once, one asks the replica.
        context.AllowLocking = true;
        context.CacheVaryByRules.QueryKeys = "*";
        context.CacheVaryByRules.HeaderNames = HeaderNames.AcceptEncoding;
        // Replicas do not tell hosts apart, but anybody could fill the cache with made-up ones.
        context.CacheVaryByRules.VaryByHost = false;
        return ValueTask.CompletedTask;
    }

    public ValueTask ServeFromCacheAsync(OutputCacheContext context, CancellationToken cancellation) => ValueTask.CompletedTask;

    public ValueTask ServeResponseAsync(OutputCacheContext context, CancellationToken cancellation)
    {
        var http = context.HttpContext;
        // An answer that was cut may look whole.
        var isWhole = http.Response.StatusCode == StatusCodes.Status200OK
            && http.Features.Get<IForwarderErrorFeature>() is null
            && !http.RequestAborted.IsCancellationRequested;
        context.AllowCacheStorage &= isWhole && TimeToKeep(http.Response.Headers) > TimeSpan.Zero;
        return ValueTask.CompletedTask;
    }

    /// <summary>For how long an asset is kept. The middleware takes what is set before the answer begins.</summary>
    public static void SetTime(HttpContext http)
    {
        if (http.Features.Get<IOutputCacheFeature>()?.Context is { } cache)
        {
            cache.ResponseExpirationTimeSpan = TimeToKeep(http.Response.Headers);
        }
    }

    private static TimeSpan TimeToKeep(IHeaderDictionary headers)
    {
        if (!CacheControlHeaderValue.TryParse(headers.CacheControl.ToString(), out var control)
            || control.NoStore || control.NoCache || control.Private
            || headers.SetCookie.Count > 0
            || headers.GetCommaSeparatedValues(HeaderNames.Vary)
                .Any(name => !name.Equals(HeaderNames.AcceptEncoding, StringComparison.OrdinalIgnoreCase)))
        {
            return TimeSpan.Zero;
        }

        return control.SharedMaxAge ?? control.MaxAge ?? TimeSpan.Zero;
    }
}
