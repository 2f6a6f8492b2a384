using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.Tests.LlmApi.OpenApi;

public sealed partial class OpenApiTests
{
    // In Development there is one for assets that were added since the build.
    private static readonly string[] OwnRoutes = ["GET /openapi/v1.json", "GET /{path}", "HEAD /{path}"];

    [Fact]
    public async Task Document_OfTheApi_HasEveryRouteAndNoOther()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var client = api.CreateClient();

        var described = (await DocumentAsync(client))["paths"].ShouldNotBeNull().AsObject()
            .SelectMany(path => path.Value!.AsObject(), (path, operation) => $"{operation.Key.ToUpperInvariant()} {path.Key}");

        described.Order().ShouldBe(MappedRoutes(api).Except(OwnRoutes).Order());
    }

    [Fact]
    public async Task Document_InItsReferences_PointsAtWhatIsThere()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var client = api.CreateClient();

        var document = await DocumentAsync(client);

        var references = References(document).Distinct().ToList();
        references.ShouldNotBeEmpty();
        references.ShouldAllBe(reference => Find(document, reference) != null);
    }

    [Fact]
    public async Task Page_ForPeople_LoadsNothingFromElsewhere()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var client = api.CreateClient();

        using var page = await client.GetAsync(new Uri("/docs/index.html", UriKind.Relative), TestContext.Current.CancellationToken);

        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        var html = await page.TextAsync();
        html.ShouldContain("FreeGpt4 API");
        html.ShouldNotContain("//cdn", Case.Insensitive);
        html.ShouldNotContain("src=\"http", Case.Insensitive);
    }

    private static async Task<JsonNode> DocumentAsync(HttpClient client)
    {
        using var response = await client.GetAsync(new Uri("/openapi/v1.json", UriKind.Relative), TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.ContentType().ShouldBe("application/json");
        return await response.JsonAsync();
    }

    private static IEnumerable<string> MappedRoutes(LlmApiFactory api) =>
        from endpoint in api.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        where endpoint.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is not { ExcludeFromDescription: true }
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]
        select $"{method} /{Constraint().Replace(endpoint.RoutePattern.RawText!.Trim('/').Replace("**", "", StringComparison.Ordinal), "}")}";

    // {id:guid}
    [GeneratedRegex(":[a-z]+}")]
    private static partial Regex Constraint();

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => member.Key == "$ref" ? [member.Value!.GetValue<string>()] : References(member.Value)),
        JsonArray items => items.SelectMany(References),
        _ => [],
    };

    // #/components/schemas/Usage
    private static JsonNode? Find(JsonNode document, string reference) =>
        reference.Split('/').Skip(1).Aggregate((JsonNode?)document, (node, step) => node?[step]);
}
