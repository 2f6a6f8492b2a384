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

    /// <summary>A whole answer, with who gave it in the headers.</summary>
    public static async Task WriteAnswerAsync(
        this HttpResponse response, ProviderRoute route, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        response.Tell(route);
        response.ContentType = "application/json";
        response.ContentLength = json.Length;
        await response.BodyWriter.WriteAsync(json, cancellationToken);
    }

    // The name may be the caller's own, and a header takes ASCII only.
    private static string HeaderValue(string model) => model.All(c => c is >= ' ' and <= '~') ? model : Uri.EscapeDataString(model);
}
