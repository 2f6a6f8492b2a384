using System.Globalization;

namespace FreeGpt4.LlmApi.Fallback;

internal static class RouteHeaders
{
    public const string Provider = "x-freegpt4-provider";

    /// <summary>Says in headers, never in the body, who answered.</summary>
    public static void Tell(this HttpResponse response, ProviderRoute route)
    {
        response.Headers[Provider] = route.Provider;
        response.Headers["x-freegpt4-model"] = HeaderValue(route.Model);
        response.Headers["x-freegpt4-fallbacks"] = route.Fallbacks.ToString(CultureInfo.InvariantCulture);
    }

    // The name may be the caller's own, and a header takes ASCII only.
    private static string HeaderValue(string model) => model.All(c => c is >= ' ' and <= '~') ? model : Uri.EscapeDataString(model);
}
