using System.Net;
using FreeGpt4.Tests.Infrastructure;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Responses;

public sealed class RefusedResponseTests(RefusedResponseTests.Fixture fixture) : IClassFixture<RefusedResponseTests.Fixture>
{
    private const string Function = """{"type":"function","name":"f"}""";

    [Theory]
    [InlineData("", null)]
    [InlineData("{", null)]
    [InlineData("{} {}", null)]
    [InlineData("[]", null)]
    [InlineData("""{"model":"a","model":"b","input":"hi"}""", "model")]
    [InlineData("""{"model":"a","input":[{"role":"user","role":"system","content":"hi"}]}""", "input[0].role")]
    [InlineData("""{"model":"a","input":"hi","new":{"x":[1,{"y":1,"y":2}]}}""", "new.x[1].y")]
    [InlineData("""{"\ud83d":1,"model":"a","input":"hi"}""", null)]
    [InlineData("""{"input":"hi"}""", "model")]
    [InlineData("""{"model":7,"input":"hi"}""", "model")]
    [InlineData("""{"model":"a\ud83d","input":"hi"}""", "model")]
    [InlineData("""{"model":"a"}""", "input")]
    public async Task Body_ThatIsNoRequest_Is400(string body, string? param) => await Is400Async(body, param);

    [Theory]
    [InlineData("null", "input")]
    [InlineData("7", "input")]
    [InlineData("{}", "input")]
    [InlineData("[]", "input")]
    [InlineData("""[{"type":"reasoning","summary":[]}]""", "input")]
    [InlineData("[7]", "input[0]")]
    [InlineData("[{}]", "input[0].type")]
    [InlineData("""[{"type":7}]""", "input[0].type")]
    [InlineData("""[{"type":"message\ud83d"}]""", "input[0].type")]
    [InlineData("""[{"type":"message","content":"hi"}]""", "input[0].role")]
    [InlineData("""[{"role":"tool","content":"hi"}]""", "input[0].role")]
    [InlineData("""[{"role":"user"}]""", "input[0].content")]
    [InlineData("""[{"role":"user","content":7}]""", "input[0].content")]
    [InlineData("""[{"role":"user","content":[]}]""", "input[0].content")]
    [InlineData("""[{"role":"user","content":[7]}]""", "input[0].content[0]")]
    [InlineData("""[{"role":"user","content":[{}]}]""", "input[0].content[0].type")]
    [InlineData("""[{"role":"user","content":[{"type":"image_url"}]}]""", "input[0].content[0].type")]
    [InlineData("""[{"role":"user","content":[{"type":"input_text"}]}]""", "input[0].content[0].text")]
    [InlineData("""[{"role":"user","content":[{"type":"input_text","text":7}]}]""", "input[0].content[0].text")]
    [InlineData("""[{"role":"user","content":[{"type":"input_image"}]}]""", "input[0].content[0].image_url")]
    [InlineData("""[{"role":"user","content":[{"type":"input_image","image_url":{"url":"x"}}]}]""", "input[0].content[0].image_url")]
    [InlineData("""[{"role":"user","content":[{"type":"input_image","image_url":"x","detail":7}]}]""", "input[0].content[0].detail")]
    [InlineData("""[{"role":"user","content":[{"type":"input_image","file_id":"file-1"}]}]""", "input[0].content[0].file_id")]
    [InlineData("""[{"role":"user","content":[{"type":"input_file","file_id":"file-1"}]}]""", "input[0].content[0].file_id")]
    [InlineData("""[{"role":"user","content":[{"type":"input_file","file_url":"http://x"}]}]""", "input[0].content[0].file_url")]
    [InlineData("""[{"role":"user","content":[{"type":"input_file","filename":"x"}]}]""", "input[0].content[0].file_data")]
    [InlineData("""[{"role":"user","content":[{"type":"input_audio"}]}]""", "input[0].content[0].input_audio")]
    [InlineData("""[{"role":"system","content":[{"type":"input_image","image_url":"x"}]}]""", "input[0].content[0].type")]
    [InlineData("""[{"role":"assistant","content":7}]""", "input[0].content")]
    [InlineData("""[{"role":"assistant","content":[{"type":"refusal"}]}]""", "input[0].content[0].refusal")]
    [InlineData("""[{"type":"item_reference","id":"msg_1"}]""", "input[0]")]
    [InlineData("""[{"id":"msg_1"}]""", "input[0]")]
    [InlineData("""[{"type":"computer_call","id":"x"}]""", "input[0].type")]
    [InlineData("""[{"type":"additional_tools"}]""", "input[0].tools")]
    [InlineData("""[{"type":"additional_tools","tools":[{"type":"function"}]}]""", "input[0].tools[0].name")]
    [InlineData("""[{"type":"additional_tools","tools":[{"type":"function","name":"f"},{"type":"function","name":"f"}]}]""", "input[0].tools[1].name")]
    [InlineData("""[{"type":"function_call","name":"f","arguments":"{}"}]""", "input[0].call_id")]
    [InlineData("""[{"type":"function_call","call_id":"c","arguments":"{}"}]""", "input[0].name")]
    [InlineData("""[{"type":"function_call","call_id":"c","name":"","arguments":"{}"}]""", "input[0].name")]
    [InlineData("""[{"type":"function_call","call_id":"c","name":"f","namespace":7,"arguments":"{}"}]""", "input[0].namespace")]
    [InlineData("""[{"type":"function_call","call_id":"c","name":"f","arguments":{}}]""", "input[0].arguments")]
    [InlineData("""[{"type":"custom_tool_call","call_id":"c","name":"f"}]""", "input[0].input")]
    [InlineData("""[{"type":"custom_tool_call","call_id":"c","name":"f","input":"\ud83d"}]""", "input[0].input")]
    [InlineData("""[{"type":"function_call_output","output":"1"}]""", "input[0].call_id")]
    [InlineData("""[{"type":"function_call_output","call_id":"c"}]""", "input[0].output")]
    [InlineData("""[{"type":"function_call_output","call_id":"c","output":{}}]""", "input[0].output")]
    [InlineData("""[{"type":"function_call_output","call_id":"c","output":[{"type":"input_text"}]}]""", "input[0].output[0].text")]
    [InlineData("""[{"type":"function_call_output","call_id":"c","output":[{"type":"what"}]}]""", "input[0].output[0].type")]
    public async Task Input_ThatIsWrong_Is400AndNamesThePlace(string input, string param) =>
        await Is400Async($$"""{"model":"gpt-4o","input":{{input}}}""", param);

    [Theory]
    [InlineData("\"instructions\":[]", "instructions")]
    [InlineData("\"stream\":\"yes\"", "stream")]
    [InlineData("\"stream_options\":7", "stream_options")]
    [InlineData("\"stream_options\":{\"include_obfuscation\":7}", "stream_options.include_obfuscation")]
    [InlineData("\"store\":7", "store")]
    [InlineData("\"metadata\":[]", "metadata")]
    [InlineData("\"metadata\":{\"a\":7}", "metadata.a")]
    [InlineData("\"truncation\":\"some\"", "truncation")]
    [InlineData("\"max_tool_calls\":-1", "max_tool_calls")]
    [InlineData("\"prompt_cache_key\":7", "prompt_cache_key")]
    [InlineData("\"max_output_tokens\":0", "max_output_tokens")]
    [InlineData("\"max_output_tokens\":1e99", "max_output_tokens")]
    [InlineData("\"max_output_tokens\":\"many\"", "max_output_tokens")]
    [InlineData("\"temperature\":\"hot\"", "temperature")]
    [InlineData("\"temperature\":1e999", "temperature")]
    [InlineData("\"top_p\":2", "top_p")]
    [InlineData("\"top_logprobs\":21", "top_logprobs")]
    [InlineData("\"include\":\"all\"", "include")]
    [InlineData("\"include\":[7]", "include[0]")]
    [InlineData("\"reasoning\":\"high\"", "reasoning")]
    [InlineData("\"reasoning\":{\"effort\":7}", "reasoning.effort")]
    [InlineData("\"text\":\"json\"", "text")]
    [InlineData("\"text\":{\"verbosity\":7}", "text.verbosity")]
    [InlineData("\"text\":{\"format\":\"json\"}", "text.format")]
    [InlineData("\"text\":{\"format\":{}}", "text.format.type")]
    [InlineData("\"text\":{\"format\":{\"type\":\"xml\"}}", "text.format.type")]
    [InlineData("\"text\":{\"format\":{\"type\":\"json_schema\",\"schema\":{}}}", "text.format.name")]
    [InlineData("\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"n\"}}", "text.format.schema")]
    [InlineData("\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"n\",\"schema\":{},\"strict\":7}}", "text.format.strict")]
    [InlineData("\"parallel_tool_calls\":\"yes\"", "parallel_tool_calls")]
    [InlineData("\"background\":\"yes\"", "background")]
    [InlineData("\"user\":\"u\",\"messages\":[]", "messages")]
    [InlineData("\"max_tokens\":7", "max_tokens")]
    [InlineData("\"n\":2", "n")]
    [InlineData("\"tools\":{}", "tools")]
    [InlineData("\"tools\":[7]", "tools[0]")]
    [InlineData("\"tools\":[{}]", "tools[0].type")]
    [InlineData("\"tools\":[{\"type\":\"function\"}]", "tools[0].name")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]", "tools[0].name")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"name\":\"\\ud83d\"}]", "tools[0].name")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"description\":7}]", "tools[0].description")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"parameters\":7}]", "tools[0].parameters")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"strict\":7}]", "tools[0].strict")]
    [InlineData("\"tools\":[{\"type\":\"custom\",\"name\":\"f\",\"format\":7}]", "tools[0].format")]
    [InlineData("\"tools\":[{\"type\":\"custom\",\"name\":\"f\",\"format\":{\"type\":\"x\"}}]", "tools[0].format.type")]
    [InlineData("\"tools\":[{\"type\":\"custom\",\"name\":\"f\",\"format\":{\"type\":\"grammar\",\"syntax\":\"lark\"}}]", "tools[0].format.definition")]
    [InlineData("\"tools\":[{\"type\":\"namespace\",\"name\":\"a\"}]", "tools[0].tools")]
    [InlineData("\"tools\":[{\"type\":\"namespace\",\"name\":\"a\",\"tools\":[{\"type\":\"mcp\"}]}]", "tools[0].tools[0].type")]
    [InlineData("\"tools\":[" + Function + "," + Function + "]", "tools[1].name")]
    [InlineData("\"tool_choice\":7", "tool_choice")]
    [InlineData("\"tool_choice\":\"some\"", "tool_choice")]
    [InlineData("\"tool_choice\":\"required\"", "tool_choice")]
    [InlineData("\"tool_choice\":{}", "tool_choice.type")]
    [InlineData("\"tool_choice\":{\"type\":\"function\"},\"tools\":[" + Function + "]", "tool_choice.name")]
    [InlineData("\"tool_choice\":{\"type\":\"function\",\"name\":\"g\"},\"tools\":[" + Function + "]", "tool_choice.name")]
    [InlineData("\"tool_choice\":{\"type\":\"allowed_tools\",\"mode\":\"auto\"},\"tools\":[" + Function + "]", "tool_choice.tools")]
    [InlineData("\"tool_choice\":{\"type\":\"allowed_tools\",\"mode\":\"x\",\"tools\":[" + Function + "]},\"tools\":[" + Function + "]", "tool_choice.mode")]
    public async Task Member_ThatIsWrong_Is400AndNamesIt(string members, string param) =>
        await Is400Async(ResponseRequests.Body(members), param);

    [Theory]
    [InlineData("\"previous_response_id\":\"resp_1\"", "previous_response_id", "send the earlier items again")]
    [InlineData("\"conversation\":{\"id\":\"conv_1\"}", "conversation", "send the earlier items again")]
    [InlineData("\"prompt\":{\"id\":\"pmpt_1\"}", "prompt", "instructions")]
    [InlineData("\"background\":true", "background", "stream")]
    [InlineData("\"context_management\":[{\"type\":\"compaction\"}]", "context_management", "shorten")]
    [InlineData("\"tools\":[{\"type\":\"web_search\"}]", "tools[0].type", "web_search")]
    [InlineData("\"tools\":[" + Function + ",{\"type\":\"file_search\",\"vector_store_ids\":[]}]", "tools[1].type", "file_search")]
    [InlineData("\"tools\":[" + Function + ",{\"type\":\"mcp\",\"server_label\":\"x\"}]", "tools[1].type", "mcp")]
    [InlineData("\"tools\":[" + Function + ",{\"type\":\"code_interpreter\"}]", "tools[1].type", "code_interpreter")]
    [InlineData("\"tools\":[" + Function + ",{\"type\":\"computer_use_preview\"}]", "tools[1].type", "computer_use_preview")]
    [InlineData("\"tools\":[" + Function + ",{\"type\":\"local_shell\"}]", "tools[1].type", "local_shell")]
    [InlineData(
        "\"tools\":[" + Function + ",{\"type\":\"web_search\"}],\"tool_choice\":{\"type\":\"web_search\"}", "tool_choice.type", "web_search")]
    public async Task Request_ForWhatAGatewayCannotDo_Is400AndSaysWhatToDo(string members, string param, string hint)
    {
        var message = await Is400Async(ResponseRequests.Body(members), param);

        message.ShouldContain(hint);
        message.ShouldContain("not supported");
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("DELETE", "")]
    [InlineData("GET", "/input_items")]
    [InlineData("POST", "/cancel")]
    public async Task Response_ThatSomebodyLooksFor_Is404BecauseNothingIsStored(string method, string path)
    {
        await using var api = new LlmApiFactory(demo: true);
        using var client = api.CreateClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), $"{ResponseRequests.Route}/resp_1{path}");

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var error = await response.ErrorAsync();
        error.Value("code").ShouldBe("response_not_found");
        error.Value("message").ShouldNotBeNull().ShouldContain("resp_1");
    }

    [Fact]
    public async Task Request_ThatTheUpstreamRejects_HasTheUpstreamsErrorAndStatus()
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(400, """{"error":{"message":"too long","type":"invalid_request_error"}}"""));
        await using var api = new LlmApiFactory(upstream, demo: true);
        using var client = api.CreateClient();

        using var response = await client.RespondAsync(ResponseRequests.Body("\"stream\":true"));

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.ErrorAsync()).Value("message").ShouldBe("too long");
        response.Header("x-freegpt4-provider").ShouldBe("Custom");
    }

    private async Task<string> Is400Async(string body, string? param)
    {
        using var client = fixture.Api.CreateClient();

        using var response = await client.RespondAsync(body);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest, await response.TextAsync());
        var error = await response.ErrorAsync();
        error.Value("type").ShouldBe("invalid_request_error");
        error.Value("param").ShouldBe(param, error.ToJsonString());
        fixture.Upstream.Requests.ShouldBeEmpty();
        return error.Value("message").ShouldNotBeNull();
    }

    /// <summary>One API for all requests that must not get past it.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        internal UpstreamServer Upstream { get; private set; } = null!;

        internal LlmApiFactory Api { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
            Api = new(Upstream);
        }

        public async ValueTask DisposeAsync()
        {
            await Api.DisposeAsync();
            await Upstream.DisposeAsync();
        }
    }
}
