using System.Net;
using System.Net.Http.Headers;
using System.Text;
using FreeGpt4.Tests.Infrastructure;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Errors;

public sealed class ErrorEnvelopeTests
{
    private const string Messages = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    private static readonly Uri Chat = new(ChatRequests.Route, UriKind.Relative);

    [Theory]
    [InlineData("", null)]
    [InlineData("{", null)]
    [InlineData("{} {}", null)]
    [InlineData("[]", null)]
    [InlineData("{\"model\":\"a\\ud83d\"," + Messages + "}", null)]
    [InlineData("{" + Messages + "}", "model")]
    [InlineData("{\"model\":7," + Messages + "}", "model")]
    [InlineData("{\"model\":\"\"," + Messages + "}", "model")]
    [InlineData("{\"model\":\"a\\r\\nx-evil: 1\"," + Messages + "}", "model")]
    [InlineData("{\"model\":\"a\",\"model\":\"b\"," + Messages + "}", "model")]
    [InlineData("{\"model\":\"a\"}", "messages")]
    [InlineData("{\"model\":\"a\",\"messages\":[]}", "messages")]
    [InlineData("{\"model\":\"a\",\"messages\":\"hi\"}", "messages")]
    [InlineData("{\"model\":\"a\",\"messages\":[\"hi\"]}", "messages[0]")]
    [InlineData("{\"model\":\"a\",\"messages\":[{\"role\":\"user\"},{\"content\":\"hi\"}]}", "messages[1]")]
    [InlineData("{\"model\":\"a\",\"stream\":\"yes\"," + Messages + "}", "stream")]
    [InlineData("{\"model\":\"a\",\"stream\":true,\"stream_options\":1," + Messages + "}", "stream_options")]
    [InlineData("{\"model\":\"a\",\"stream_options\":{\"include_usage\":1}," + Messages + "}", "stream_options.include_usage")]
    public async Task Request_ThatIsWrong_Is400AndNamesTheMember(string body, string? param)
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(body);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var error = await response.ErrorAsync();
        error.Value("type").ShouldBe("invalid_request_error");
        error.Value("param").ShouldBe(param);
        upstream.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Message_WithQuotes_IsReadableAsItStands()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync("{" + Messages + "}");

        (await response.TextAsync()).ShouldContain("'model' must be");
    }

    [Fact]
    public async Task Body_ThatIsNotUtf8_Is400()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var client = api.CreateClient();
        using var content = new ByteArrayContent([.. Encoding.Latin1.GetBytes("{\"model\":\"größe\"}")]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        using var response = await client.PostAsync(Chat, content, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.ErrorAsync()).Value("message").ShouldNotBeNull().ShouldContain("UTF-8");
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task ContentType_OtherThanJson_Is415(string contentType)
    {
        await using var api = new LlmApiFactory(demo: true);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(), contentType);

        response.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        (await response.ErrorAsync()).Value("code").ShouldBe("unsupported_media_type");
    }

    [Theory]
    [InlineData("GET", "/v2", 404, "unknown_route")]
    [InlineData("POST", "/v1/chat", 404, "unknown_route")]
    [InlineData("GET", "/v1/chat/completions", 405, "method_not_allowed")]
    [InlineData("DELETE", "/v1/models", 405, "method_not_allowed")]
    [InlineData("PUT", "/", 405, "method_not_allowed")]
    public async Task Route_ThatDoesNotExist_IsAnEnvelopeWithItsTrueStatus(string method, string path, int status, string code)
    {
        await using var api = new LlmApiFactory(demo: true);
        using var client = api.CreateClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        ((int)response.StatusCode).ShouldBe(status);
        (await response.ErrorAsync()).Value("code").ShouldBe(code);
        response.Header("x-request-id").ShouldNotBeEmpty();
        response.Header("x-freegpt4-replica").ShouldNotBeEmpty();
        response.Headers.Contains("Server").ShouldBeFalse();
    }

    [Theory]
    [InlineData("", (16 << 20) + 1, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData("", 16 << 20, HttpStatusCode.OK)]
    [InlineData("17M", (16 << 20) + 1, HttpStatusCode.OK)]
    [InlineData("64K", (64 << 10) + 1, HttpStatusCode.RequestEntityTooLarge)]
    public async Task Body_UpToTheLimit_IsTaken(string limit, int size, HttpStatusCode status)
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream, settings: [("MAX_BODY_SIZE", limit)]);
        using var client = api.CreateClient();
        var body = ChatRequests.Body();
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body.PadRight(size)));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        client.DefaultRequestHeaders.ExpectContinue = true;

        using var response = await client.PostAsync(Chat, content, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(status);
        if (status is HttpStatusCode.RequestEntityTooLarge)
        {
            var error = await response.ErrorAsync();
            error.Value("code").ShouldBe("request_too_large");
            error.Value("message").ShouldBe($"The request body is larger than the {size - 1} bytes that are allowed (MAX_BODY_SIZE).");
        }
    }
}
