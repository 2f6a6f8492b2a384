using System.Net;
using System.Text;
using FreeGpt4.Tests.Infrastructure;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;
using static FreeGpt4.Tests.LlmApi.Responses.ResponseRequests;

namespace FreeGpt4.Tests.LlmApi.Responses;

public sealed class WholeResponseTests
{
    private const string Usage = ""","usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}""";

    [Fact]
    public async Task Response_HasEveryMemberThatTheSchemaRequires()
    {
        var response = await AnswerAsync(Body(), Answer("""{"role":"assistant","content":"Grüße \ud83d\ude80 \"x\"\n"}""", more: Usage));

        var names = response.AsObject().Select(member => member.Key).ToList();
        string[] required =
        [
            "id", "object", "created_at", "error", "incomplete_details", "instructions", "model", "tools", "output", "parallel_tool_calls",
            "metadata", "tool_choice", "temperature", "top_p",
        ];
        required.ShouldBeSubsetOf(names);
        names.ShouldBeUnique();
        response.Value("id").ShouldNotBeNull().ShouldStartWith("resp_");
        response.Value("object").ShouldBe("response");
        response.Value("status").ShouldBe("completed");
        response.Value("model").ShouldBe("m-1");
        response.Value("error").ShouldBeNull();
        response.Value("incomplete_details").ShouldBeNull();
        response.Value("output", 0, "id").ShouldNotBeNull().ShouldStartWith("msg_");
        response["output"]?[0]?.AsObject().Remove("id");
        response["output"].ShouldBeJson(
            """
            [{"type":"message","role":"assistant","status":"completed",
              "content":[{"type":"output_text","text":"Grüße \ud83d\ude80 \"x\"\n","annotations":[],"logprobs":[]}]}]
            """);
        response["usage"].ShouldBeJson(
            """
            {"input_tokens":7,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},"output_tokens":3,
             "output_tokens_details":{"reasoning_tokens":0},"total_tokens":10}
            """);
    }

    [Fact]
    public async Task Response_RepeatsItsRequest_AndSaysWhatWasDone()
    {
        var response = await AnswerAsync(
            Body(
                """
                "instructions":"Be brief.","temperature":0.70,"top_p":null,"max_output_tokens":99,"metadata":{"a":"b"},"user":"u",
                "parallel_tool_calls":false,"reasoning":{"effort":"low"},"store":true,"truncation":"auto","prompt_cache_key":"k",
                "text":{"verbosity":"low"},"tool_choice":"required",
                "tools":[{"type":"function","name":"f","x":1},{"type":"web_search"},{"type":"custom","name":"g"}]
                """),
            Answer("""{"content":"ok"}"""));

        response["instructions"].ShouldBeJson("\"Be brief.\"");
        response["temperature"].ShouldBeJson("0.70");
        response["top_p"].ShouldBeNull();
        response["max_output_tokens"].ShouldBeJson("99");
        response["metadata"].ShouldBeJson("""{"a":"b"}""");
        response["user"].ShouldBeJson("\"u\"");
        response["parallel_tool_calls"].ShouldBeJson("false");
        response["reasoning"].ShouldBeJson("""{"effort":"low"}""");
        response["text"].ShouldBeJson("""{"format":{"type":"text"},"verbosity":"low"}""");
        response["tool_choice"].ShouldBeJson("\"required\"");
        response["prompt_cache_key"].ShouldBeJson("\"k\"");
        response["tools"].ShouldBeJson(
            """[{"type":"function","name":"f","x":1,"parameters":null,"strict":null},{"type":"custom","name":"g"}]""");
        response["store"].ShouldBeJson("false");
        response["truncation"].ShouldBeJson("\"disabled\"");
        response["background"].ShouldBeJson("false");
    }

    [Theory]
    [InlineData("")]
    [InlineData(",\"usage\":null")]
    [InlineData(",\"usage\":{\"total_tokens\":10}")]
    [InlineData(",\"usage\":{\"prompt_tokens\":\"7\",\"completion_tokens\":3}")]
    public async Task Usage_ThatTheUpstreamDoesNotTell_IsEstimatedAndSaysSo(string usage)
    {
        await using var upstream = await UpstreamServer.StartAsync(Status(200, Answer("""{"content":"ok"}""", more: usage)));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.RespondAsync(Body());

        response.Header("x-freegpt4-usage").ShouldBe("estimated");
        (await response.JsonAsync())["usage"].ShouldBeJson("""
            {"input_tokens":8,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},
             "output_tokens":1,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":9}
            """);
    }

    [Fact]
    public async Task Usage_InDetail_IsCarriedOver()
    {
        var response = await AnswerAsync(Body(), Answer("""{"content":"ok"}""", more: """
            ,"usage":{"prompt_tokens":7,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":5},"completion_tokens_details":{"reasoning_tokens":2}}
            """));

        response["usage"].ShouldBeJson(
            """
            {"input_tokens":7,"input_tokens_details":{"cached_tokens":5,"cache_write_tokens":0},"output_tokens":3,
             "output_tokens_details":{"reasoning_tokens":2},"total_tokens":10}
            """);
    }

    [Fact]
    public async Task Reasoning_Words_Refusal_AndCalls_AreItemsInThisOrder()
    {
        var response = await AnswerAsync(
            Body(
                """
                "tools":[{"type":"custom","name":"patch"},{"type":"namespace","name":"docs","tools":[{"type":"function","name":"find"}]}]
                """),
            Answer(
                """
                {"content":"Let me.","refusal":"Not that.","reasoning_content":"Hm.","reasoning":"Hm.","tool_calls":[
                  {"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},
                  {"id":"c2","type":"function","function":{"name":"patch","arguments":"{\"input\":\"*** \\\"x\\\"\\n\"}"}},
                  {"id":"c3","type":"function","function":{"name":"docs__find","arguments":{"q":"\u00e4"}}},
                  {"id":"c4","type":"function","function":{"name":"patch","arguments":"no JSON"}}]}
                """,
                "tool_calls"));

        var prefixes = new List<string>();
        foreach (var item in response["output"].ShouldNotBeNull().AsArray())
        {
            prefixes.Add(item.Value("id").ShouldNotBeNull().Split('_')[0]);
            item.ShouldNotBeNull().AsObject().Remove("id");
        }

        prefixes.ShouldBe(["rs", "msg", "fc", "ctc", "fc", "ctc"]);
        response["output"].ShouldBeJson(
            """
            [{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"Hm."}],"status":"completed"},
             {"type":"message","role":"assistant","status":"completed","content":[
               {"type":"output_text","text":"Let me.","annotations":[],"logprobs":[]},{"type":"refusal","refusal":"Not that."}]},
             {"type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}","status":"completed"},
             {"type":"custom_tool_call","call_id":"c2","name":"patch","input":"*** \"x\"\n","status":"completed"},
             {"type":"function_call","call_id":"c3","name":"find","namespace":"docs","arguments":"{\"q\":\"\\u00e4\"}","status":"completed"},
             {"type":"custom_tool_call","call_id":"c4","name":"patch","input":"no JSON","status":"completed"}]
            """);
    }

    [Fact]
    public async Task Calls_WithoutIds_AreCallsOfTheirOwn()
    {
        var response = await AnswerAsync(Body(), Answer(
            """{"content":null,"tool_calls":[{"function":{"name":"f","arguments":"{}"}},{"function":{"name":"f","arguments":"{}"}}]}"""));

        var calls = response["output"].ShouldNotBeNull().AsArray();
        calls.Select(call => call.Value("arguments")).ShouldBe(["{}", "{}"]);
        calls.Select(call => call.Value("call_id")).ShouldAllBe(id => id != null && id.StartsWith("call_"));
        calls.Select(call => call.Value("call_id")).ShouldBeUnique();
    }

    [Theory]
    [InlineData("length", "max_output_tokens")]
    [InlineData("content_filter", "content_filter")]
    public async Task Answer_ThatIsCutShort_IsIncompleteAndSaysWhy(string finish, string reason)
    {
        var response = await AnswerAsync(Body(), Answer("""{"content":"Hel"}""", finish));

        response.Value("status").ShouldBe("incomplete");
        response["incomplete_details"].ShouldBeJson($$"""{"reason":"{{reason}}"}""");
        response["completed_at"].ShouldBeNull();
        response.Value("output", 0, "status").ShouldBe("incomplete");
    }

    [Fact]
    public async Task Parts_OfAnUpstreamThatThinksInThem_AreReasoningAndText()
    {
        var response = await AnswerAsync(Body(), Answer(
            """{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm."}]},{"type":"text","text":"Hello"}]}"""));

        response.Value("output", 0, "content", 0, "text").ShouldBe("Hm.");
        response.Value("output", 1, "content", 0, "text").ShouldBe("Hello");
    }

    [Fact]
    public async Task LogProbs_ThatWereAskedFor_HaveAllTheirMembers()
    {
        const string answer = """
            {"model":"m","choices":[{"message":{"content":"Hi"},"finish_reason":"stop","logprobs":{"content":[
              {"token":"Hi","logprob":-0.10,"bytes":null,"top_logprobs":[{"token":"Hi","logprob":-0.10,"bytes":[72,105]},{"token":"Ho","logprob":-3}]}]}}]}
            """;

        var asked = await AnswerAsync(Body("\"include\":[\"message.output_text.logprobs\"]"), answer);
        var notAsked = await AnswerAsync(Body(), answer);

        asked["output"]?[0]?["content"]?[0]?["logprobs"].ShouldBeJson(
            """
            [{"token":"Hi","logprob":-0.10,"bytes":[],"top_logprobs":[
              {"token":"Hi","logprob":-0.10,"bytes":[72,105],"top_logprobs":[]},{"token":"Ho","logprob":-3,"bytes":[],"top_logprobs":[]}]}]
            """);
        notAsked["output"]?[0]?["content"]?[0]?["logprobs"].ShouldBeJson("[]");
    }

    [Theory]
    [InlineData("flex", "flex")]
    [InlineData("on_demand", null)]
    public async Task ServiceTier_IsTold_WhenClientsKnowIt(string tier, string? expected)
    {
        var response = await AnswerAsync(Body(), Answer("""{"content":"ok"}""", more: $",\"service_tier\":\"{tier}\""));

        response.Value("service_tier").ShouldBe(expected);
    }

    [Fact]
    public async Task Response_TellsItsRouteInHeaders()
    {
        await using var upstream = await UpstreamServer.StartAsync(Json("answer-complete.json"));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.RespondAsync(Body());

        response.ContentType().ShouldBe("application/json");
        response.Header("x-freegpt4-provider").ShouldBe("Custom");
        response.Header("x-freegpt4-model").ShouldBe("gpt-4o");
    }

    [Fact]
    public async Task Text_WithHalfASurrogatePair_ComesAsTheUpstreamSentIt()
    {
        await using var upstream = await UpstreamServer.StartAsync(
            UpstreamServerReplies.Body("application/json", Encoding.UTF8.GetBytes(Answer("""{"content":"a\ud83d"}"""))));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.RespondAsync(Body());

        (await response.TextAsync()).ShouldContain("""
            "text":"a\ud83d"
            """);
    }

    [Fact]
    public async Task Answer_WithANameThatIsNotUnicode_Is502AndNot500()
    {
        await using var upstream = await UpstreamServer.StartAsync(UpstreamServerReplies.Body(
            "application/json", Encoding.UTF8.GetBytes(Answer("""{"content":"ok","tool_calls":[{"\ud83dabcdefghij":1,"id":"c"}]}"""))));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.RespondAsync(Body());

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await response.ErrorAsync()).Value("code").ShouldBe("upstream_error");
    }
}
