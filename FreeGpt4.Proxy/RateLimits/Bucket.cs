namespace FreeGpt4.Proxy.RateLimits;

/// <summary>What a request counts as.</summary>
internal enum Bucket
{
    /// <summary>Not at all.</summary>
    None,
    Api,
    Settings,
}

internal static class BucketExtensions
{
    private static readonly PathString[] Uncounted = ["/health", "/alive", "/status"];
    private static readonly PathString[] Settings = ["/settings", "/login", "/save", "/generatetoken"];

    // Opened in a browser they are only a page; what it then sends is counted.
    private static readonly PathString[] Pages = ["/settings", "/login"];

    // Of /api. A chat is stored message by message.
    private static readonly PathString Conversations = "/api/conversations";

    /// <summary>By the path as the replicas see it, which is decoded and without dots: no spelling of it evades a limit.</summary>
    public static Bucket BucketOf(this HttpRequest request)
    {
        var path = request.Path;
        if (path.StartsWithSegments("/assets", out var asset) && asset.HasValue)
        {
            return Bucket.None;
        }

        if (Array.Exists(Uncounted, uncounted => path.Equals(uncounted, StringComparison.OrdinalIgnoreCase)))
        {
            return Bucket.None;
        }

        return (Array.Exists(Settings, settings => path.StartsWithSegments(settings)) && !IsPage(request)) || IsChangeOfSettings(path, request.Method)
            ? Bucket.Settings
            : Bucket.Api;
    }

    private static bool IsPage(HttpRequest request)
        => Array.Exists(Pages, page => request.Path.StartsWithSegments(page))
            && (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    private static bool IsChangeOfSettings(PathString path, string method)
        => path.StartsWithSegments("/api") && !path.StartsWithSegments(Conversations) && !HttpMethods.IsGet(method) && !HttpMethods.IsHead(method) && !HttpMethods.IsOptions(method);
}
