using System.Net;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Fallback;

/// <summary>Not every provider has every operation.</summary>
public sealed class OperationTests
{
    private const string Completion = """{"choices":[{"index":0,"text":"a","finish_reason":"stop"}]}""";
    private const string Embedding = """{"data":[{"index":0,"embedding":[1]}]}""";

    private static readonly Dictionary<string, (string Question, string Answer)> Exchanges = new()
    {
        ["/v1/completions"] = ("""{"model":"auto","prompt":"hi"}""", Completion),
        ["/v1/embeddings"] = ("""{"model":"auto","input":"hi"}""", Embedding),
    };

    [Theory]
    [InlineData("/v1/completions", "text completions", true)]
    [InlineData("/v1/completions", "text completions", false)]
    [InlineData("/v1/embeddings", "embeddings", true)]
    [InlineData("/v1/embeddings", "embeddings", false)]
    public async Task Operation_ThatNoProviderHas_Is400AndSaysWhatToSet(string route, string operation, bool demo)
    {
        await using var api = new LlmApiFactory(demo: demo);
        using var client = api.CreateClient();

        using var response = await client.AskAsync(route, Exchanges[route].Question);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var error = await response.ErrorAsync();
        error.Value("code").ShouldBe("operation_not_supported");
        error.Value("type").ShouldBe("invalid_request_error");
        error.Value("param").ShouldBeNull();
        error.Value("message").ShouldNotBeNull().ShouldStartWith($"No provider that is set up has {operation}. Custom ");
        error.Value("message").ShouldNotBeNull().ShouldContain("CUSTOM_BASE_URL");
    }

    [Theory]
    [InlineData("/v1/completions", 404, "404 page not found")]
    [InlineData("/v1/completions", 404, """{"error":{"message":"Invalid URL (POST /v1/completions)","type":"invalid_request_error","param":null,"code":null}}""")]
    [InlineData("/v1/embeddings", 404, """{"detail":"Not Found"}""")]
    [InlineData("/v1/embeddings", 405, "")]
    [InlineData("/v1/embeddings", 501, """{"error":{"code":501,"message":"This server does not support embeddings","type":"not_supported_error"}}""")]
    public async Task Upstream_WithoutTheRoute_IsPassedOverForAWhile(string route, int status, string body)
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var (question, answer) = Exchanges[route];
        await using var upstream = await UpstreamServer.StartAsync(With(route, Status(status, body), Json("answer-complete.json")));
        await using var other = await UpstreamServer.StartAsync(Status(200, answer));
        await using var api = new LlmApiFactory(upstream, settings: [("CUSTOM_MODELS", "m")], configure: services =>
            services.AddSingleton<TimeProvider>(time), other: other);
        using var client = api.CreateClient();

        (await AnsweredByAsync()).ShouldBe((LlmApiFactory.Other, "0"));
        (await AnsweredByAsync()).ShouldBe((LlmApiFactory.Other, "0"));
        upstream.Requests.Count.ShouldBe(1);
        using var chat = await client.ChatAsync(ChatRequests.Body());
        chat.Header("x-freegpt4-provider").ShouldBe("Custom");

        time.Advance(TimeSpan.FromMinutes(5));
        (await AnsweredByAsync()).ShouldBe((LlmApiFactory.Other, "0"));
        upstream.Requests.Count(request => request.Path == route).ShouldBe(2);

        async Task<(string Provider, string Fallbacks)> AnsweredByAsync()
        {
            using var response = await client.AskAsync(route, question);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            return (response.Header("x-freegpt4-provider"), response.Header("x-freegpt4-fallbacks"));
        }
    }

    [Fact]
    public async Task Upstream_WithoutTheRoute_AndNobodyElse_Is400()
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(404, "404 page not found"));
        await using var api = new LlmApiFactory(upstream, demo: true);
        using var client = api.CreateClient();

        using var response = await client.AskAsync("/v1/embeddings", """{"model":"m","input":"hi"}""");

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var error = await response.ErrorAsync();
        error.Value("code").ShouldBe("operation_not_supported");
        error.Value("message").ShouldBe("No provider that is set up has embeddings.");
    }

    [Fact]
    public async Task Upstream_WithoutTheModel_StillHasTheRoute()
    {
        await using var upstream = await UpstreamServer.StartAsync(
            Status(404, """{"error":{"message":"model \"m\" not found, try pulling it first","type":"api_error"}}"""));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        for (var i = 1; i <= 2; i++)
        {
            using var response = await client.AskAsync("/v1/embeddings", """{"model":"m","input":"hi"}""");

            response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
            (await response.ErrorAsync()).Value("message").ShouldNotBeNull().ShouldContain("try pulling it first");
            upstream.Requests.Count.ShouldBe(i);
        }
    }

    [Fact]
    public async Task Model_ThatNoneOfThoseWithTheOperationHas_Is404()
    {
        await using var api = new LlmApiFactory(demo: true, settings: [("CUSTOM_BASE_URL", "http://127.0.0.1:9/v1"), ("CUSTOM_MODELS", "m")]);
        using var client = api.CreateClient();

        using var response = await client.AskAsync("/v1/embeddings", """{"model":"demo","input":"hi"}""");

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await response.ErrorAsync()).Value("code").ShouldBe("model_not_found");
    }

    private static RequestDelegate With(string route, RequestDelegate there, RequestDelegate elsewhere) =>
        context => (context.Request.Path == route ? there : elsewhere)(context);
}
