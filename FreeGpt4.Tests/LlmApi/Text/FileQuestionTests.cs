using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Text;

public sealed class FileQuestionTests
{
    private static readonly Uri Root = new("/", UriKind.Relative);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("question.json", "{\"a\":\"Größe?\"}")]
    [InlineData("notes", "What is\r\n\tthis? \u0007")]
    [InlineData("../../etc/passwd.exe", "\uFEFFhi")]
    public async Task File_OfTextOfAnyKind_IsTheQuestion(string name, string text)
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream, settings: [("SYSTEM_PROMPT", "Be brief.")]);
        using var client = api.CreateClient();
        using var form = new MultipartFormDataContent
        {
            { new StringContent("not this"), "text" },
            { new ByteArrayContent(Encoding.UTF8.GetBytes(text)), "file", name },
            { new StringContent("nor this"), "file", "second" },
        };

        using var response = await client.PostAsync(Root, form, Cancelled);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.ContentType().ShouldBe("text/plain; charset=utf-8");
        (await response.TextAsync()).ShouldBe("Grüße, 世界 — 1/2");
        response.Header("x-freegpt4-provider").ShouldBe("Custom");
        var sent = JsonNode.Parse(upstream.Chats.ShouldHaveSingleItem().Body);
        sent.Value("messages", 0, "content").ShouldBe("Be brief.");
        sent.Value("messages", 1, "content").ShouldBe(text.Replace("\r", "", StringComparison.Ordinal).Trim('\uFEFF', '\u0007', ' '));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("Text/Plain; charset=utf-8")]
    public async Task Body_OfPlainText_IsTheQuestion(string contentType)
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream);

        var longerThanAnAddress = new string('ж', 20_000);
        using var response = await PostAsync(api, Encoding.UTF8.GetBytes(longerThanAnAddress), contentType);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        JsonNode.Parse(upstream.Chats.ShouldHaveSingleItem().Body).Value("messages", 0, "content").ShouldBe(longerThanAnAddress);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'a', 0, (byte)'b' })]
    [InlineData(new byte[] { (byte)'a', 0xFF })]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'a', 0 })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    public async Task File_ThatIsNoText_Is415(byte[] bytes)
    {
        await using var api = new LlmApiFactory(demo: true);
        using var client = api.CreateClient();
        using var form = new MultipartFormDataContent { { new ByteArrayContent(bytes), "file", "picture.png" } };

        using var inForm = await client.PostAsync(Root, form, Cancelled);
        using var plain = await PostAsync(api, bytes, "text/plain");

        foreach (var response in (HttpResponseMessage[])[inForm, plain])
        {
            response.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
            response.ContentType().ShouldBe("text/plain; charset=utf-8");
            (await response.TextAsync()).ShouldBe("The file is not text in UTF-8.\n");
        }
    }

    [Theory]
    [InlineData("application/json", "{}", HttpStatusCode.UnsupportedMediaType, "text/plain")]
    [InlineData("application/x-www-form-urlencoded", "text=hi", HttpStatusCode.UnsupportedMediaType, "text/plain")]
    [InlineData("nonsense", "hi", HttpStatusCode.UnsupportedMediaType, "text/plain")]
    [InlineData(null, "hi", HttpStatusCode.UnsupportedMediaType, "text/plain")]
    [InlineData("text/plain", "", HttpStatusCode.BadRequest, "no question")]
    [InlineData("text/plain", " \r\n\u0001", HttpStatusCode.BadRequest, "no question")]
    [InlineData("multipart/form-data", "hi", HttpStatusCode.BadRequest, "boundary")]
    [InlineData("multipart/form-data; boundary=\"\"", "hi", HttpStatusCode.BadRequest, "boundary")]
    [InlineData("multipart/form-data; boundary=0123456789012345678901234567890123456789012345678901234567890123456789x", "hi", HttpStatusCode.BadRequest, "boundary")]
    [InlineData("multipart/form-data; boundary=b", "", HttpStatusCode.BadRequest, "not valid multipart")]
    [InlineData("multipart/form-data; boundary=b", "hi", HttpStatusCode.BadRequest, "not valid multipart")]
    [InlineData("multipart/form-data; boundary=b", "--b--\r\n", HttpStatusCode.BadRequest, "No file")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\n\r\nhi\r\n--b--\r\n", HttpStatusCode.BadRequest, "No file")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nnot a header\r\n\r\nhi\r\n--b--\r\n", HttpStatusCode.BadRequest, "not valid multipart")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: ;;=\r\n\r\nhi\r\n--b--\r\n", HttpStatusCode.BadRequest, "No file")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=files\r\n\r\nhi\r\n--b--\r\n", HttpStatusCode.BadRequest, "No file")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=file\r\n\r\n\r\n--b--\r\n", HttpStatusCode.BadRequest, "no question")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=file\r\n\r\nhi", HttpStatusCode.BadRequest, "not valid multipart")]
    public async Task Body_ThatIsWrong_SaysWhatIs(string? contentType, string body, HttpStatusCode status, string says)
    {
        await using var api = new LlmApiFactory(demo: true);

        using var response = await PostAsync(api, Encoding.UTF8.GetBytes(body), contentType);

        response.StatusCode.ShouldBe(status);
        response.ContentType().ShouldBe("text/plain; charset=utf-8");
        (await response.TextAsync()).ShouldContain(says);
    }

    [Theory]
    [InlineData("text/plain", 4096, HttpStatusCode.OK)]
    [InlineData("text/plain", 4097, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData("multipart/form-data; boundary=b", 4000, HttpStatusCode.OK)]
    [InlineData("multipart/form-data; boundary=b", 4097, HttpStatusCode.RequestEntityTooLarge)]
    public async Task Body_UpToTheLimit_IsTaken(string contentType, int size, HttpStatusCode status)
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream, settings: [("MAX_BODY_SIZE", "4K")]);
        var text = new string('a', size);
        var body = contentType == "text/plain" ? text : $"--b\r\nContent-Disposition: form-data; name=file\r\n\r\n{text}\r\n--b--\r\n";

        using var response = await PostAsync(api, Encoding.UTF8.GetBytes(body), contentType);

        response.StatusCode.ShouldBe(status);
        response.ContentType().ShouldBe("text/plain; charset=utf-8");
    }

    private static async Task<HttpResponseMessage> PostAsync(LlmApiFactory api, byte[] body, string? contentType)
    {
        using var client = api.CreateClient();
        client.DefaultRequestHeaders.ExpectContinue = true;
        using var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", contentType ?? "");
        content.Headers.ContentType = contentType is null ? null : content.Headers.ContentType;
        return await client.PostAsync(Root, content, Cancelled);
    }
}
