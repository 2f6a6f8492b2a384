using System.Net;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.Messages;

/// <summary>What a server of the OpenAI format gets to see of a request for a message.</summary>
public sealed class MessageRequestTests
{
    private const string Tools = """
        [{"name":"look","description":"Looks","input_schema":{"type":"object","n":1.50},"cache_control":{"type":"ephemeral"}},
         {"type":"custom","name":"go","input_schema":{},"strict":true,"eager_input_streaming":true}]
        """;

    private const string ChatTools = """
        [{"type":"function","function":{"name":"look","description":"Looks","parameters":{"type":"object","n":1.50}}},
         {"type":"function","function":{"name":"go","parameters":{},"strict":true}}]
        """;

    [Fact]
    public async Task Request_WithAllMembers_BecomesAChat()
    {
        await IsAskedAsync(
            $$$"""
            {"model":"claude-x","max_tokens":50,"system":[{"type":"text","text":"A","cache_control":{"type":"ephemeral"}},{"type":"text","text":"\u00fc"}],
             "messages":[{"role":"user","content":"Wie gro\u00df\/?"}],
             "stop_sequences":["END","\n\n"],"temperature":0.70,"top_p":0.9,"top_k":40,"metadata":{"user_id":"u-1"},"seed":7,"stream":false,
             "thinking":{"type":"enabled","budget_tokens":1024},"service_tier":"auto","context_management":{"edits":[]},"betas":["x"],"mcp_servers":[],
             "tools":{{{Tools}}},"tool_choice":{"type":"auto","disable_parallel_tool_use":true},"container":null,"cache_control":{"type":"ephemeral"},
             "output_config":{"effort":"high","format":{"type":"json_schema","schema":{"type":"object"} } } }
            """,
            $$$"""
            {"model":"claude-x","max_tokens":50,
             "messages":[{"role":"system","content":"A\n\nü"},{"role":"user","content":"Wie groß/?"}],
             "stop":["END","\n\n"],"temperature":0.70,"top_p":0.9,"top_k":40,"user":"u-1","seed":7,
             "tools":{{{ChatTools}}},"tool_choice":"auto","parallel_tool_calls":false,
             "response_format":{"type":"json_schema","json_schema":{"name":"answer","strict":true,"schema":{"type":"object"} } } }
            """);
    }

    [Fact]
    public async Task Stream_AsksForUsage() => await IsAskedAsync(
        MessageRequests.Body(",\"stream\":true"),
        $$"""{"model":"claude-x","max_tokens":50,{{MessageRequests.Question}},"stream":true,"stream_options":{"include_usage":true} }""");

    [Theory]
    [InlineData("""{"type":"any"}""", "\"required\"")]
    [InlineData("""{"type":"none"}""", "\"none\"")]
    [InlineData("""{"type":"tool","name":"go"}""", """{"type":"function","function":{"name":"go"}}""")]
    public async Task ToolChoice_HasItsCounterpart(string choice, string expected) => await IsAskedAsync(
        MessageRequests.Body($",\"tools\":{Tools},\"tool_choice\":{choice}"),
        $$"""{"model":"claude-x","max_tokens":50,{{MessageRequests.Question}},"tools":{{ChatTools}},"tool_choice":{{expected}}}""");

    [Fact]
    public async Task ToolChoice_OfNothing_IsLeftOut() => await IsAskedAsync(
        MessageRequests.Body(",\"tools\":[],\"tool_choice\":{\"type\":\"none\"}"),
        $$"""{"model":"claude-x","max_tokens":50,{{MessageRequests.Question}}}""");

    [Fact]
    public async Task ToolRound_IsCallsThenResultsThenTheRest() => await IsAskedAsync(
        """
        {"model":"m","max_tokens":1,"messages":[
         {"role":"user","content":[{"type":"text","text":"one"},{"type":"text","text":"two"}]},
         {"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"x"},
           {"type":"text","text":"Let me see."},
           {"type":"tool_use","id":"a","name":"look","input":{"q":"\u00fc \"x\"","n":1.50}},
           {"type":"tool_use","id":"b","name":"go","input":{},"caller":{"type":"direct"}}]},
         {"role":"user","content":[
           {"type":"text","text":"And?","cache_control":{"type":"ephemeral"}},
           {"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"x"},{"type":"text","text":"y"}]},
           {"type":"tool_result","tool_use_id":"b","is_error":true,"content":"gone"}]},
         {"role":"assistant","content":[{"type":"tool_use","id":"c","name":"go","input":{}}]},
         {"role":"user","content":[{"type":"tool_result","tool_use_id":"c"}]},
         {"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"}]},
         {"role":"system","content":"Be quick."},
         {"role":"assistant","content":"So"}]}
        """,
        """
        {"model":"m","max_tokens":1,"messages":[
         {"role":"user","content":[{"type":"text","text":"one"},{"type":"text","text":"two"}]},
         {"role":"assistant","content":"Let me see.","tool_calls":[
           {"id":"a","type":"function","function":{"name":"look","arguments":"{\"q\":\"\\u00fc \\\"x\\\"\",\"n\":1.50}"}},
           {"id":"b","type":"function","function":{"name":"go","arguments":"{}"}}]},
         {"role":"tool","tool_call_id":"a","content":"x\n\ny"},
         {"role":"tool","tool_call_id":"b","content":"Error: gone"},
         {"role":"user","content":"And?"},
         {"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"go","arguments":"{}"}}]},
         {"role":"tool","tool_call_id":"c","content":""},
         {"role":"system","content":"Be quick."},
         {"role":"assistant","content":"So"}]}
        """);

    [Fact]
    public async Task Images_AreSentAsTheyAre_AndMovedOutOfToolResults() => await IsAskedAsync(
        """
        {"model":"m","max_tokens":1,"messages":[{"role":"user","content":[
         {"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBO\/w=="}},
         {"type":"image","source":{"type":"url","url":"https://example.org/a.png"}},
         {"type":"tool_result","tool_use_id":"a","content":[{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"AAAA"}}]}]}]}
        """,
        """
        {"model":"m","max_tokens":1,"messages":[
         {"role":"tool","tool_call_id":"a","content":"The image is in the next message of the user."},
         {"role":"user","content":[
          {"type":"image_url","image_url":{"url":"data:image/jpeg;base64,AAAA"}},
          {"type":"image_url","image_url":{"url":"data:image/png;base64,iVBO/w=="}},
          {"type":"image_url","image_url":{"url":"https://example.org/a.png"}}]}]}
        """);

    [Fact]
    public async Task Documents_ThatAreText_AreSentAsText() => await IsAskedAsync(
        """
        {"model":"m","max_tokens":1,"messages":[{"role":"user","content":[
         {"type":"document","title":"T","context":"C","source":{"type":"text","media_type":"text/plain","data":"D"},"citations":{"enabled":true}},
         {"type":"document","source":{"type":"content","content":[{"type":"text","text":"E"}]}},
         {"type":"document","source":{"type":"content","content":"F"}},
         {"type":"search_result","title":"G","source":"https://example.org","content":[{"type":"text","text":"H"}]}]}]}
        """,
        """
        {"model":"m","max_tokens":1,"messages":[{"role":"user","content":[
         {"type":"text","text":"T\n\nC\n\nD"},{"type":"text","text":"E"},{"type":"text","text":"F"},
         {"type":"text","text":"G\n\nhttps://example.org\n\nH"}]}]}
        """);

    [Fact]
    public async Task HalfACharacter_IsPassedOnLikeAnyOther() => await IsAskedAsync(
        """{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"text","text":"a\ud83d"}]}]}""",
        """{"model":"m","messages":[{"role":"user","content":"a\ud83d"}],"max_tokens":1}""",
        (sent, expected) => sent.ShouldBe(expected));

    private static Task IsAskedAsync(string body, string expected) => IsAskedAsync(body, expected, (sent, chat) =>
        JsonNode.DeepEquals(JsonNode.Parse(sent), JsonNode.Parse(chat)).ShouldBeTrue($"{sent}\nis not\n{chat}"));

    private static async Task IsAskedAsync(string body, string expected, Action<string, string> compare)
    {
        await using var upstream = await UpstreamServer.StartAsync(context =>
            (context.Request.Headers.Accept == "text/event-stream" ? Events("stream-usage.sse") : Json("answer-complete.json"))(context));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.MessageAsync(body);

        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.TextAsync());
        response.Header("x-freegpt4-provider").ShouldBe("Custom");
        response.Header("request-id").ShouldBe(response.Header("x-request-id"));
        compare(upstream.Chats.ShouldHaveSingleItem().Body, expected);
    }
}
