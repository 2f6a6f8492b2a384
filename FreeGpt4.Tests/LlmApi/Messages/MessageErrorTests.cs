using System.Net;
using System.Net.Http.Headers;
using System.Text;
using FreeGpt4.Tests.Infrastructure;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Messages;

public sealed class MessageErrorTests
{
    private const string Start = """{"model":"m","max_tokens":1,""";

    /// <summary>Each member of a request with a value that it cannot have, and what the message must name.</summary>
    public static TheoryData<string, string> WrongRequests => new()
    {
        { "", "JSON" },
        { "{", "JSON" },
        { "{} {}", "JSON" },
        { "[]", "object" },
        { "\"x\"", "object" },
        { "null", "object" },
        { $"{{{MessageRequests.Question}}}", "max_tokens" },
        { Top("\"max_tokens\":1"), "'model'" },
        { Top("\"model\":7,\"max_tokens\":1"), "'model'" },
        { Top("\"model\":\"\",\"max_tokens\":1"), "'model'" },
        { Top("\"model\":\"a\\u0000\",\"max_tokens\":1"), "'model'" },
        { Top("\"model\":\"a\\ud83d\",\"max_tokens\":1"), "Unicode" },
        { Top("\"model\":\"a\",\"model\":\"b\",\"max_tokens\":1"), "same name" },
        { Top("\"model\":\"a\",\"\\ud83d\":1,\"max_tokens\":1"), "Unicode" },
        { Top("\"model\":\"a\",\"max_tokens\":null"), "'max_tokens'" },
        { Top("\"model\":\"a\",\"max_tokens\":0"), "'max_tokens'" },
        { Top("\"model\":\"a\",\"max_tokens\":-1"), "'max_tokens'" },
        { Top("\"model\":\"a\",\"max_tokens\":1.5"), "'max_tokens'" },
        { Top("\"model\":\"a\",\"max_tokens\":1e999"), "'max_tokens'" },
        { Top("\"model\":\"a\",\"max_tokens\":99999999999999999999"), "'max_tokens'" },
        { Top("\"model\":\"a\",\"max_tokens\":\"1\""), "'max_tokens'" },
        { Start + "\"messages\":null}", "'messages'" },
        { Start + "\"messages\":[]}", "'messages'" },
        { Start + "\"messages\":\"hi\"}", "'messages'" },
        { Start + "\"messages\":{}}", "'messages'" },
        { Start + "\"messages\":[\"hi\"]}", "'messages[0]'" },
        { Start + "\"messages\":[null]}", "'messages[0]'" },
        { Message("""{"content":"hi"}"""), "'messages[0].role'" },
        { Message("""{"role":1,"content":"hi"}"""), "'messages[0].role'" },
        { Message("""{"role":"tool","content":"hi"}"""), "'messages[0].role'" },
        { Message("""{"role":"\ud83d","content":"hi"}"""), "Unicode" },
        { Message("""{"role":"user"}"""), "'messages[0].content'" },
        { Message("""{"role":"user","content":1}"""), "'messages[0].content'" },
        { Message("""{"role":"user","content":{}}"""), "'messages[0].content'" },
        { Message("""{"role":"assistant","content":1}"""), "'messages[0].content'" },
        { Message("""{"role":"system","content":[{"type":"image"}]}"""), "'messages[0].content[0].type'" },
        { Message("""{"role":"assistant","content":[{"type":"thinking"}]}"""), "'messages'" },
        { Message("""{"role":"user","content":[]}"""), "'messages'" },
        { Block("1"), "'messages[0].content[0]'" },
        { Block("{}"), "'messages[0].content[0].type'" },
        { Block("""{"type":1}"""), "'messages[0].content[0].type'" },
        { Block("""{"type":"tool_use","id":"a","name":"n","input":{}}"""), "'messages[0].content[0].type' is 'tool_use'" },
        { Block("""{"type":"container_upload","file_id":"a"}"""), "'container_upload'" },
        { Block("{\"type\":\"" + new string('x', 129) + "\"}"), "'messages[0].content[0].type'" },
        { Block("""{"type":"a\r\nb"}"""), "'messages[0].content[0].type'" },
        { Block("""{"type":"text"}"""), "'messages[0].content[0].text'" },
        { Block("""{"type":"text","text":1}"""), "'messages[0].content[0].text'" },
        { Block("""{"type":"image"}"""), "'messages[0].content[0].source'" },
        { Block("""{"type":"image","source":"x"}"""), "'messages[0].content[0].source'" },
        { Block("""{"type":"image","source":{}}"""), "'messages[0].content[0].source.type'" },
        { Block("""{"type":"image","source":{"type":"file","file_id":"x"}}"""), "'file'" },
        { Block("""{"type":"image","source":{"type":"url"}}"""), "source.url'" },
        { Block("""{"type":"image","source":{"type":"url","url":"file:///etc/passwd"}}"""), "source.url'" },
        { Block("""{"type":"image","source":{"type":"base64","data":"AAAA"}}"""), "source.media_type'" },
        { Block("""{"type":"image","source":{"type":"base64","media_type":"image/svg+xml","data":"AAAA"}}"""), "source.media_type'" },
        { Block("""{"type":"image","source":{"type":"base64","media_type":"image/png"}}"""), "source.data'" },
        { Block("""{"type":"image","source":{"type":"base64","media_type":"image/png","data":""}}"""), "source.data'" },
        { Block("""{"type":"image","source":{"type":"base64","media_type":"image/png","data":"A A"}}"""), "source.data'" },
        { Block("""{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA\u0022,"}}"""), "source.data'" },
        { Block("""{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA\ud83d"}}"""), "Unicode" },
        { Block("""{"type":"document"}"""), "'messages[0].content[0].source'" },
        { Block("""{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"AAAA"}}"""), "source.type' is 'base64'" },
        { Block("""{"type":"document","source":{"type":"url","url":"https://example.org/a.pdf"}}"""), "source.type' is 'url'" },
        { Block("""{"type":"document","source":{"type":"text"}}"""), "source.data'" },
        { Block("""{"type":"document","source":{"type":"content","content":1}}"""), "source.content'" },
        { Block("""{"type":"document","source":{"type":"content","content":[{"type":"tool_result"}]}}"""), "source.content[0].type'" },
        { Block("""{"type":"document","title":1,"source":{"type":"text","data":"x"}}"""), "'messages[0].content[0].title'" },
        { Block("""{"type":"search_result","title":"a","source":"b","content":[{"type":"image"}]}"""), "content[0].content[0].type'" },
        { Block("""{"type":"search_result","source":"b","content":[]}"""), "content[0].title'" },
        { Block("""{"type":"mid_conv_system","content":[1]}"""), "content[0].content[0]'" },
        { Block("""{"type":"tool_result"}"""), "'messages[0].content[0].tool_use_id'" },
        { Block("""{"type":"tool_result","tool_use_id":""}"""), "'messages[0].content[0].tool_use_id'" },
        { Block("""{"type":"tool_result","tool_use_id":"a","content":1}"""), "'messages[0].content[0].content'" },
        { Block("""{"type":"tool_result","tool_use_id":"a","content":[{"type":"tool_reference"}]}"""), "content[0].content[0].type'" },
        { Block("""{"type":"tool_result","tool_use_id":"a","is_error":"yes"}"""), "'messages[0].content[0].is_error'" },
        { AssistantBlock("""{"type":"server_tool_use","id":"a"}"""), "'server_tool_use'" },
        { AssistantBlock("""{"type":"tool_use","name":"n","input":{}}"""), "'messages[0].content[0].id'" },
        { AssistantBlock("""{"type":"tool_use","id":"a","input":{}}"""), "'messages[0].content[0].name'" },
        { AssistantBlock("""{"type":"tool_use","id":"a","name":"n"}"""), "'messages[0].content[0].input'" },
        { AssistantBlock("""{"type":"tool_use","id":"a","name":"n","input":"{}"}"""), "'messages[0].content[0].input'" },
        { MessageRequests.Body(",\"system\":1"), "'system'" },
        { MessageRequests.Body(",\"system\":[\"x\"]"), "'system[0]'" },
        { MessageRequests.Body(",\"system\":[{\"type\":\"image\"}]"), "'system[0].type'" },
        { MessageRequests.Body(",\"system\":[{\"type\":\"text\"}]"), "'system[0].text'" },
        { MessageRequests.Body(",\"stream\":\"yes\""), "'stream'" },
        { MessageRequests.Body(",\"stream\":1"), "'stream'" },
        { MessageRequests.Body(",\"stop_sequences\":\"x\""), "'stop_sequences'" },
        { MessageRequests.Body(",\"stop_sequences\":[1]"), "'stop_sequences'" },
        { MessageRequests.Body(",\"stop_sequences\":[\"\"]"), "'stop_sequences'" },
        { MessageRequests.Body(",\"stop_sequences\":[\"\\ud83d\"]"), "Unicode" },
        { MessageRequests.Body(",\"temperature\":\"1\""), "'temperature'" },
        { MessageRequests.Body(",\"top_p\":[]"), "'top_p'" },
        { MessageRequests.Body(",\"top_k\":1.5"), "'top_k'" },
        { MessageRequests.Body(",\"metadata\":1"), "'metadata'" },
        { MessageRequests.Body(",\"metadata\":{\"user_id\":1}"), "'metadata.user_id'" },
        { MessageRequests.Body(",\"thinking\":true"), "'thinking'" },
        { MessageRequests.Body(",\"thinking\":{}"), "'thinking.type'" },
        { MessageRequests.Body(",\"thinking\":{\"type\":\"deep\"}"), "'thinking.type'" },
        { MessageRequests.Body(",\"container\":\"c\""), "'container'" },
        { MessageRequests.Body(",\"mcp_servers\":[{\"url\":\"https://example.org\"}]"), "'mcp_servers'" },
        { MessageRequests.Body(",\"output_config\":1"), "'output_config'" },
        { MessageRequests.Body(",\"output_config\":{\"format\":{\"type\":\"xml\"}}"), "'output_config.format.type'" },
        { MessageRequests.Body(",\"output_config\":{\"format\":{\"type\":\"json_schema\"}}"), "'output_config.format.schema'" },
        { MessageRequests.Body(",\"tools\":{}"), "'tools'" },
        { MessageRequests.Body(",\"tools\":[1]"), "'tools[0]'" },
        { MessageRequests.Body(",\"tools\":[{}]"), "'tools[0].name'" },
        { MessageRequests.Body(",\"tools\":[{\"name\":\"\",\"input_schema\":{}}]"), "'tools[0].name'" },
        { MessageRequests.Body(",\"tools\":[{\"name\":\"a\"}]"), "'tools[0].input_schema'" },
        { MessageRequests.Body(",\"tools\":[{\"name\":\"a\",\"input_schema\":\"x\"}]"), "'tools[0].input_schema'" },
        { MessageRequests.Body(",\"tools\":[{\"name\":\"a\",\"description\":1,\"input_schema\":{}}]"), "'tools[0].description'" },
        { MessageRequests.Body(",\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}]"), "'web_search_20250305'" },
        { MessageRequests.Body(",\"tools\":[{\"type\":\"bash_20250124\",\"name\":\"bash\"}]"), "'bash_20250124'" },
        { MessageRequests.Body(",\"tool_choice\":\"auto\""), "'tool_choice'" },
        { MessageRequests.Body(",\"tool_choice\":{}"), "'tool_choice.type'" },
        { MessageRequests.Body(",\"tool_choice\":{\"type\":\"any\"}"), "'tool_choice.type'" },
        { Choice("""{"type":"all"}"""), "'tool_choice.type'" },
        { Choice("""{"type":"tool"}"""), "'tool_choice.name'" },
        { Choice("""{"type":"tool","name":"b"}"""), "'tool_choice.name'" },
        { Choice("""{"type":"auto","disable_parallel_tool_use":1}"""), "'tool_choice.disable_parallel_tool_use'" },
        { MessageRequests.Body($",\"x\":{new string('[', 300)}{new string(']', 300)}"), "JSON" },
    };

    [Theory]
    [MemberData(nameof(WrongRequests))]
    public async Task Request_ThatIsWrong_Is400AndNamesTheMember(string body, string named)
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.MessageAsync(body);

        var (type, message) = await response.AnthropicErrorAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest, message);
        type.ShouldBe("invalid_request_error");
        message.ShouldContain(named);
        message.ShouldNotContain("\n");
        response.Header("request-id").ShouldBe(response.Header("x-request-id"));
        upstream.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Body_ThatIsNotUtf8_Is400()
    {
        await using var api = new LlmApiFactory(demo: true);
        using var client = api.CreateClient();
        using var content = new ByteArrayContent(Encoding.Latin1.GetBytes(MessageRequests.Body(",\"system\":\"größe\"")));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        using var response = await client.PostAsync(new Uri(MessageRequests.Route, UriKind.Relative), content, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.AnthropicErrorAsync()).Message.ShouldContain("UTF-8");
    }

    [Theory]
    [InlineData(400, 400, "invalid_request_error", "too long")]
    [InlineData(422, 400, "invalid_request_error", "too long")]
    [InlineData(404, 404, "not_found_error", "too long")]
    [InlineData(413, 413, "request_too_large", "too long")]
    [InlineData(401, 503, "api_error", "CUSTOM_API_KEY")]
    [InlineData(429, 429, "rate_limit_error", "asked too often")]
    [InlineData(500, 529, "overloaded_error", "Custom failed (HTTP 500)")]
    public async Task Refusal_OfTheUpstream_HasItsAnthropicStatusAndType(int status, int expected, string type, string message)
    {
        await using var upstream = await UpstreamServer.StartAsync(
            Status(status, """{"error":{"message":"too long","type":"invalid_request_error"}}""", ("Retry-After", "7")));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.MessageAsync(MessageRequests.Body());

        ((int)response.StatusCode).ShouldBe(expected);
        var error = await response.AnthropicErrorAsync();
        error.Type.ShouldBe(type);
        error.Message.ShouldContain(message);
        response.Header("x-should-retry").ShouldBe(expected == 503 ? "false" : "");
        response.Header("retry-after").ShouldBe(status is 429 ? "7" : response.Header("retry-after"));
    }

    [Theory]
    [InlineData("GET", "/v1/messages", 405, "invalid_request_error")]
    [InlineData("POST", "/v1/messages/batches", 404, "not_found_error")]
    [InlineData("GET", "/v1/messages/count_tokens", 405, "invalid_request_error")]
    public async Task Route_ThatDoesNotExist_IsSaidInTheSameForm(string method, string path, int status, string type)
    {
        await using var api = new LlmApiFactory(demo: true);
        using var client = api.CreateClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        ((int)response.StatusCode).ShouldBe(status);
        (await response.AnthropicErrorAsync()).Type.ShouldBe(type);
    }

    [Fact]
    public async Task Model_ThatNobodyHas_Is404()
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream, settings: [("CUSTOM_MODELS", "a")]);
        using var client = api.CreateClient();

        using var response = await client.MessageAsync($$"""{"model":"b","max_tokens":1,{{MessageRequests.Question}}}""");

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await response.AnthropicErrorAsync()).Type.ShouldBe("not_found_error");
    }

    private static string Top(string members) => $"{{{members},{MessageRequests.Question}}}";

    private static string Message(string message) => $"{Start}\"messages\":[{message}]}}";

    private static string Block(string block) => Message($$"""{"role":"user","content":[{{block}}]}""");

    private static string AssistantBlock(string block) => Message($$"""{"role":"assistant","content":[{{block}}]}""");

    private static string Choice(string choice) =>
        MessageRequests.Body($",\"tools\":[{{\"name\":\"a\",\"input_schema\":{{}}}}],\"tool_choice\":{choice}");
}
