using System.Net;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Text;

public sealed class TextQuestionTests
{
    [Fact]
    public async Task Question_InTheAddress_IsAnsweredInPlainText()
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream, settings: [("CUSTOM_MODELS", "m1"), ("SYSTEM_PROMPT", "Be brief.")]);

        using var response = await GetAsync(api, "/?text=" + Uri.EscapeDataString("Grüß \"Gott\"\r\n\u0007!"));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.ContentType().ShouldBe("text/plain; charset=utf-8");
        (await response.TextAsync()).ShouldBe("Grüße, 世界 — 1/2");
        response.Header("x-freegpt4-provider").ShouldBe("Custom");
        response.Header("x-freegpt4-model").ShouldBe("m1");
        var sent = JsonNode.Parse(upstream.Chats.ShouldHaveSingleItem().Body);
        sent.Value("model").ShouldBe("m1");
        sent.Value("messages", 0, "role").ShouldBe("system");
        sent.Value("messages", 0, "content").ShouldBe("Be brief.");
        sent.Value("messages", 1, "role").ShouldBe("user");
        sent.Value("messages", 1, "content").ShouldBe("Grüß \"Gott\"\n!");
    }

    [Fact]
    public async Task Answer_WithHalfACharacter_IsAnsweredAllTheSame()
    {
        await using var upstream = await UpstreamServer.StartAsync(Body("application/json",
            """{"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"h\ud800llo"}}]}"""u8.ToArray()));
        await using var api = new LlmApiFactory(upstream, settings: [("CUSTOM_MODELS", "m1")]);

        using var response = await GetAsync(api, "/?text=hi");

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.TextAsync()).ShouldStartWith("h");
    }

    [Theory]
    [InlineData("/?text=")]
    [InlineData("/?text=%20%01")]
    [InlineData("/")]
    public async Task Question_ThatIsMissing_Is400(string path)
    {
        await using var api = new LlmApiFactory(demo: true);

        using var response = await GetAsync(api, path);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        response.ContentType().ShouldBe("text/plain; charset=utf-8");
        (await response.TextAsync()).ShouldContain("/?text=");
    }

    [Theory]
    [InlineData(10_000, HttpStatusCode.OK)]
    [InlineData(10_001, HttpStatusCode.BadRequest)]
    public async Task Question_OfUpTo10000Characters_IsTaken(int length, HttpStatusCode status)
    {
        await using var api = new LlmApiFactory(demo: true);

        using var response = await GetAsync(api, "/?text=" + Uri.EscapeDataString(new string('ж', length)));

        response.StatusCode.ShouldBe(status);
    }

    [Fact]
    public async Task Question_ThatNobodyAnswers_HasItsTrueStatusInPlainText()
    {
        await using var api = new LlmApiFactory();

        using var response = await GetAsync(api, "/?text=hi");

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.ContentType().ShouldBe("text/plain; charset=utf-8");
        (await response.TextAsync()).ShouldStartWith("No provider could answer.");
    }

    private static async Task<HttpResponseMessage> GetAsync(LlmApiFactory api, string path, string accept = "*/*")
    {
        using var client = api.CreateClient();
        client.DefaultRequestHeaders.Accept.ParseAdd(accept);
        return await client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
    }
}
