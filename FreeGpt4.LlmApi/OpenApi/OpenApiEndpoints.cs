namespace FreeGpt4.LlmApi.OpenApi;

/// <summary>
/// The description of the API, https://spec.openapis.org/oas/v3.1.1, and a page to read it and try it. It is written by hand: most routes
/// pass bytes through, so that there are no types to derive it from.
/// </summary>
internal static class OpenApiEndpoints
{
    private const string Document = "/openapi/v1.json";
    private const string Page = "docs";

    public static IEndpointRouteBuilder MapOpenApi(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(Document, () =>
            TypedResults.Stream(typeof(OpenApiEndpoints).Assembly.GetManifestResourceStream("openapi.json")!, "application/json"));
        return routes;
    }

    public static IApplicationBuilder UseOpenApiPage(this IApplicationBuilder app) => app.UseSwaggerUI(page =>
    {
        page.RoutePrefix = Page;
        page.DocumentTitle = "FreeGpt4 API";
        page.SwaggerEndpoint(Document, "FreeGpt4");
    });
}
