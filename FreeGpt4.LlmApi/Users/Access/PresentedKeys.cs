namespace FreeGpt4.LlmApi.Users.Access;

/// <summary>The keys that a request shows, in the order in which they count.</summary>
internal static class PresentedKeys
{
    private const string Bearer = "Bearer ";

    // As Anthropic's and Azure's clients send them.
    private static readonly string[] Headers = ["x-api-key", "api-key"];

    /// <summary>
    /// <c>Authorization: Bearer</c>, <c>x-api-key</c>, <c>api-key</c>; and <c>?token=</c> on <c>/</c>, where older programs send it. Nowhere
    /// else: what is in an address ends up in histories and in logs of others.
    /// </summary>
    public static IEnumerable<string> Of(HttpRequest request)
    {
        foreach (var authorization in request.Headers.Authorization)
        {
            if (authorization?.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) is true)
            {
                yield return authorization[Bearer.Length..].Trim();
            }
        }

        foreach (var key in Headers.SelectMany(name => request.Headers[name]).OfType<string>())
        {
            yield return key.Trim();
        }

        if (request.Path == "/" && request.QueryString.HasValue)
        {
            foreach (var key in request.Query["token"].OfType<string>())
            {
                yield return key;
            }
        }
    }
}
