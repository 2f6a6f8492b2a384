using System.Net;
using System.Text.Json;

namespace FreeGpt4.Tests.Proxy;

internal static class ErrorAssertions
{
    /// <summary>The answer is an error of the edge: an OpenAI envelope, whole and in JSON, with a request id.</summary>
    /// <returns>Its message.</returns>
    public static async Task<string> ShouldBeErrorAsync(this HttpResponseMessage response, HttpStatusCode status, string type, string code)
    {
        response.StatusCode.ShouldBe(status);
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/json");
        response.Headers.GetValues("x-request-id").Single().ShouldNotBeEmpty();
        using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        body.RootElement.EnumerateObject().Select(property => property.Name).ShouldBe(["error"]);
        var error = body.RootElement.GetProperty("error");
        error.EnumerateObject().Select(property => property.Name).ShouldBe(["message", "type", "param", "code"]);
        error.GetProperty("type").GetString().ShouldBe(type);
        error.GetProperty("param").ValueKind.ShouldBe(JsonValueKind.Null);
        error.GetProperty("code").GetString().ShouldBe(code);
        return error.GetProperty("message").GetString().ShouldNotBeNull();
    }
}
