namespace FreeGpt4.LlmApi.Users.Access;

internal static class SameOrigin
{
    /// <summary>Whether a request came from a page of ours, from the address bar, or from no browser at all, as far as a browser says.</summary>
    public static bool Sent(HttpRequest request)
    {
        // https://www.w3.org/TR/fetch-metadata/; only over https and to localhost.
        var isOfSite = request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none";
        var origin = request.Headers.Origin.ToString();
        return isOfSite && (origin.Length == 0
            || (Uri.TryCreate(origin, UriKind.Absolute, out var from) && new HostString(from.Authority).Equals(WithoutUsualPort(request.Host))));
    }

    private static HostString WithoutUsualPort(HostString host) => host.Port is 80 or 443 ? new(host.Host) : host;
}
