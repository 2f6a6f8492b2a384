namespace FreeGpt4.LlmApi.Pages;

internal static class PageRequests
{
    /// <summary>Whether somebody looks with a browser: programs do not ask for HTML.</summary>
    public static bool WantsPage(this HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}
