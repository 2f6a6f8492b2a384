namespace FreeGpt4.LlmApi.Users.Access;

internal static class SameOrigin
{
    /// <summary>Whether a browser says that a request came from a page of ours or from the address bar.</summary>
    public static bool Sent(HttpRequest request)
    {
        // https://www.w3.org/TR/fetch-metadata/; only over https and to localhost. Elsewhere a link on another site brings nothing but a
        // Referer, and that only as long as the site allows it.
        var (site, origin) = (request.Headers["Sec-Fetch-Site"].ToString(), request.Headers.Origin.ToString());
        return site is "" or "same-origin" or "none"
            && (origin.Length > 0 ? IsOurs(origin, request) : site.Length > 0 || IsOurs(request.Headers.Referer.ToString(), request));
    }

    private static bool IsOurs(string address, HttpRequest request) =>
        Uri.TryCreate(address, UriKind.Absolute, out var from) && new HostString(from.Authority).Equals(WithoutUsualPort(request.Host));

    private static HostString WithoutUsualPort(HostString host) => host.Port is 80 or 443 ? new(host.Host) : host;
}
