namespace FreeGpt4.LlmApi.Pages;

internal static class PageHeaders
{
    /// <summary>
    /// A page has nothing but what comes from here, and no script that is not a file. What an answer of a model contains cannot run, cannot
    /// load anything from elsewhere and cannot send anything there; only the sanitiser may make HTML of text.
    /// </summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types dompurify";

    public static void Set(HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.XContentTypeOptions = "nosniff";

        // To itself a page has to say where a request comes from: over plain http to another machine nothing else does.
        response.Headers["Referrer-Policy"] = "same-origin";
        response.Headers.Vary = PageLook.Vary;
    }
}
