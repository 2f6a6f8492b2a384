using System.Net;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Text;

/// <summary>What programs written for FreeGPT4 rely on.</summary>
public sealed class OlderContractTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keyword_OfTheSettings_NamesTheQuestion()
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream, settings: [("KEYWORD", "q")]);
        using var client = api.CreateClient();

        using var asked = await client.GetAsync(new Uri("/?q=hi&q=again&token=t", UriKind.Relative), Cancelled);
        using var unasked = await client.GetAsync(new Uri("/?text=hi", UriKind.Relative), Cancelled);

        asked.StatusCode.ShouldBe(HttpStatusCode.OK);
        var body = upstream.Chats.ShouldHaveSingleItem().Body;
        JsonNode.Parse(body).Value("messages", 0, "content").ShouldBe("hi");
        body.ShouldNotContain("\"t\"");
        unasked.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await unasked.TextAsync()).ShouldBe("Please enter a question: /?q=your+question\n");
    }

    [Fact]
    public async Task Browser_WithAQuestion_GetsPlainText()
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(200, """{"choices":[{"message":{"content":"<script>alert(1)</script>"}}]}"""));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();
        client.DefaultRequestHeaders.Add("Accept", "text/html,application/xhtml+xml;q=0.9");

        using var response = await client.GetAsync(new Uri("/?text=hi", UriKind.Relative), Cancelled);

        response.ContentType().ShouldBe("text/plain; charset=utf-8");
        (await response.TextAsync()).ShouldBe("<script>alert(1)</script>");
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Error_WithStatus200AskedFor_IsAParagraph(string method)
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(400, """{"error":{"message":"no <script>alert('1')</script> & such"}}"""));
        await using var api = new LlmApiFactory(upstream, settings: [("COMPAT_STATUS", "200")]);
        using var client = api.CreateClient();
        using var request = new HttpRequestMessage(new(method), method == "GET" ? "/?text=hi" : "/")
        {
            Content = method == "GET" ? null : new StringContent("hi"),
        };

        using var response = await client.SendAsync(request, Cancelled);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.ContentType().ShouldBe("text/html; charset=utf-8");
        (await response.TextAsync()).ShouldBe("<p id='response'>no &lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt; &amp; such</p>");
    }

    [Fact]
    public async Task Status200_AskedFor_ChangesNothingElse()
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream, settings: [("COMPAT_STATUS", "200")]);
        using var client = api.CreateClient();

        using var unasked = await client.GetAsync(new Uri("/", UriKind.Relative), Cancelled);
        using var answer = await client.GetAsync(new Uri("/?text=hi", UriKind.Relative), Cancelled);
        using var chat = await client.ChatAsync("{}");

        (await unasked.TextAsync()).ShouldStartWith("<p id='response'>Please enter a question");
        answer.ContentType().ShouldBe("text/plain; charset=utf-8");
        chat.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        await chat.ErrorAsync();
    }

    [Theory]
    [InlineData("custom")]
    [InlineData("CUSTOM")]
    public async Task Models_OfAProviderInAnyCase_AreListed(string provider)
    {
        await using var api = new LlmApiFactory(settings: [("CUSTOM_BASE_URL", "http://127.0.0.1:9/v1"), ("CUSTOM_MODELS", "a,b")]);
        using var client = api.CreateClient();

        (await client.GetStringAsync(new Uri($"/models?provider={provider}", UriKind.Relative), Cancelled)).ShouldBe("""["a","b"]""");
    }
}
