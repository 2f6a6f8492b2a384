namespace FreeGpt4.Tests.LlmApi.Responses;

/// <summary>What an upstream is asked in place of what the caller asked.</summary>
public sealed class ResponseTranslationTests
{
    [Theory]
    [InlineData("\"hi\"", """[{"role":"user","content":"hi"}]""")]
    [InlineData("""[{"role":"user","content":"hi"}]""", """[{"role":"user","content":"hi"}]""")]
    [InlineData(
        """[{"type":"message","role":"user","content":[{"type":"input_text","text":"a\n"}]}]""",
        """[{"role":"user","content":"a\n"}]""")]
    [InlineData(
        """
        [{"role":"user","content":[
          {"type":"input_text","text":"what?"},
          {"type":"input_image","image_url":"data:image/png;base64,AA==","detail":"original"},
          {"type":"input_image","image_url":"https://example.org/a.png"},
          {"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,AA=="},
          {"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}}]}]
        """,
        """
        [{"role":"user","content":[
          {"type":"text","text":"what?"},
          {"type":"image_url","image_url":{"url":"data:image/png;base64,AA==","detail":"high"}},
          {"type":"image_url","image_url":{"url":"https://example.org/a.png"}},
          {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,AA=="}},
          {"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}}]}]
        """)]
    [InlineData(
        """
        [{"role":"user","content":"hi"},
         {"type":"message","id":"msg_1","role":"assistant","status":"completed","content":[
           {"type":"output_text","text":"Hel","annotations":[]},{"type":"output_text","text":"lo","annotations":[]}]},
         {"role":"assistant","content":[{"type":"refusal","refusal":"No."}]},
         {"role":"developer","content":"Be brief."}]
        """,
        """
        [{"role":"user","content":"hi"},{"role":"assistant","content":"Hello"},{"role":"assistant","content":null,"refusal":"No."},
         {"role":"system","content":"Be brief."}]
        """)]
    public async Task Input_BecomesMessages(string input, string messages)
    {
        var chat = await ResponseRequests.ChatForAsync($$"""{"model":"gpt-4o","input":{{input}}}""");

        chat["messages"].ShouldBeJson(messages);
    }

    [Fact]
    public async Task Instructions_WithTheSystemMessagesThatFollow_AreOneMessage()
    {
        var chat = await ResponseRequests.ChatForAsync(
            """
            {"model":"gpt-4o","instructions":"You are \"X\".","input":[
              {"role":"developer","content":[{"type":"input_text","text":"A"},{"type":"input_text","text":"B"}]},
              {"role":"system","content":"C"},
              {"role":"user","content":"hi"}]}
            """);

        chat["messages"].ShouldBeJson("""[{"role":"system","content":"You are \"X\".\n\nA\n\nB\n\nC"},{"role":"user","content":"hi"}]""");
    }

    [Fact]
    public async Task ToolCalls_OfOneTurn_AreOneMessageWithTheWordsBeforeThem()
    {
        var chat = await ResponseRequests.ChatForAsync(
            """
            {"model":"gpt-4o","input":[
              {"role":"user","content":"hi"},
              {"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAA"},
              {"type":"message","role":"assistant","content":[{"type":"output_text","text":"Let me look."}]},
              {"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{\"a\":\"\\u00e4\"}"},
              {"type":"custom_tool_call","call_id":"c2","name":"patch","input":"*** \"x\"\n"},
              {"type":"function_call_output","call_id":"c1","output":"1"},
              {"type":"custom_tool_call_output","call_id":"c2","output":[{"type":"input_text","text":"2"},{"type":"input_text","text":"3"}]},
              {"type":"function_call","call_id":"c3","name":"search","namespace":"mcp__docs__","arguments":"{}"},
              {"type":"function_call_output","call_id":"c3","output":[{"type":"input_image","image_url":"data:,"}]},
              {"role":"user","content":"and?"}]}
            """);

        chat["messages"].ShouldBeJson(
            """
            [{"role":"user","content":"hi"},
             {"role":"assistant","content":"Let me look.","tool_calls":[
               {"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":\"\\u00e4\"}"}},
               {"id":"c2","type":"function","function":{"name":"patch","arguments":"{\"input\":\"*** \\\"x\\\"\\n\"}"}}]},
             {"role":"tool","tool_call_id":"c1","content":"1"},
             {"role":"tool","tool_call_id":"c2","content":"2\n3"},
             {"role":"assistant","content":null,"tool_calls":[{"id":"c3","type":"function","function":{"name":"mcp__docs__search","arguments":"{}"}}]},
             {"role":"tool","tool_call_id":"c3","content":""},
             {"role":"user","content":[{"type":"image_url","image_url":{"url":"data:,"}}]},
             {"role":"user","content":"and?"}]
            """);
    }

    [Fact]
    public async Task Members_ThatChatNamesOtherwise_AreTranslated()
    {
        var chat = await ResponseRequests.ChatForAsync(ResponseRequests.Body(
            """
            "max_output_tokens":100,"temperature":0.70,"top_p":1,"top_logprobs":2,"user":"u","reasoning":{"effort":"low","summary":"auto"},
            "text":{"verbosity":"low","format":{"type":"json_schema","name":"n","description":"d","schema":{"type":"object"},"strict":true}}
            """));

        chat.ShouldBeJson(
            """
            {"model":"gpt-4o","messages":[{"role":"user","content":"hi"}],"max_tokens":100,"temperature":0.70,"top_p":1,"logprobs":true,
             "top_logprobs":2,"user":"u","reasoning_effort":"low","verbosity":"low","response_format":{"type":"json_schema",
             "json_schema":{"name":"n","description":"d","schema":{"type":"object"},"strict":true}}}
            """);
    }

    [Theory]
    [InlineData("\"text\":{\"format\":{\"type\":\"json_object\"}}", """{"response_format":{"type":"json_object"}}""")]
    [InlineData("\"text\":{\"format\":{\"type\":\"text\"}}", "{}")]
    [InlineData("\"text\":{}", "{}")]
    [InlineData("\"include\":[\"message.output_text.logprobs\"]", """{"logprobs":true}""")]
    [InlineData("\"stream\":false,\"stream_options\":{\"include_obfuscation\":false}", "{}")]
    [InlineData("\"seed\":7,\"service_tier\":\"flex\",\"new_thing\":{\"a\":[1]}", """{"seed":7,"service_tier":"flex","new_thing":{"a":[1]}}""")]
    [InlineData("\"parallel_tool_calls\":false,\"tool_choice\":\"auto\",\"tools\":[]", "{}")]
    [InlineData(
        "\"store\":true,\"metadata\":{\"a\":\"b\"},\"truncation\":\"auto\",\"prompt_cache_key\":\"k\",\"client_metadata\":{\"x\":\"y\"},"
        + "\"include\":[\"reasoning.encrypted_content\"],\"max_tool_calls\":3,\"background\":false,\"previous_response_id\":null",
        "{}")]
    public async Task Members_GoUpstream_OnlyWhenTheyMeanSomethingThere(string members, string expected)
    {
        var chat = (await ResponseRequests.ChatForAsync(ResponseRequests.Body(members))).AsObject();

        chat.Remove("model");
        chat.Remove("messages");
        chat.ShouldBeJson(expected);
    }

    [Fact]
    public async Task Null_IsTheSameAsNothing_InEveryMember()
    {
        string[] names =
        [
            "instructions", "tools", "tool_choice", "parallel_tool_calls", "text", "reasoning", "max_output_tokens", "temperature", "top_p",
            "top_logprobs", "include", "stream", "stream_options", "store", "metadata", "truncation", "max_tool_calls", "background",
            "previous_response_id", "conversation", "prompt", "context_management", "moderation", "prompt_cache_key",
        ];

        var chat = await ResponseRequests.ChatForAsync(ResponseRequests.Body(string.Join(',', names.Select(name => $"\"{name}\":null"))));

        chat.ShouldBeJson("""{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}""");
    }

    [Fact]
    public async Task Tools_OfEveryKindThatTheCallerRuns_BecomeFunctions()
    {
        var chat = await ResponseRequests.ChatForAsync(ResponseRequests.Body(
            """
            "parallel_tool_calls":true,"tool_choice":"required","tools":[
              {"type":"function","name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"type":"number","minimum":1.50}}},"strict":true},
              {"type":"function","name":"g","parameters":null,"strict":null},
              {"type":"custom","name":"patch","description":"Edits.","format":{"type":"grammar","syntax":"lark","definition":"start: \"a\"\n"}},
              {"type":"namespace","name":"mcp__docs__","description":"Docs","tools":[{"type":"function","name":"search","parameters":{}}]},
              {"type":"web_search","external_web_access":false},
              {"type":"image_generation"}]
            """));

        chat["parallel_tool_calls"].ShouldBeJson("true");
        chat["tool_choice"].ShouldBeJson("\"required\"");
        chat["tools"].ShouldBeJson(
            """
            [{"type":"function","function":{"name":"f","description":"d",
              "parameters":{"type":"object","properties":{"a":{"type":"number","minimum":1.50}}},"strict":true}},
             {"type":"function","function":{"name":"g"}},
             {"type":"function","function":{"name":"patch",
              "description":"Edits.\n\nThe input must follow this grammar (lark):\nstart: \"a\"\n",
              "parameters":{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}}},
             {"type":"function","function":{"name":"mcp__docs__search","parameters":{}}}]
            """);
    }

    [Fact]
    public async Task Tools_ThatComeAsAnItem_AreToolsLikeOthers()
    {
        var chat = await ResponseRequests.ChatForAsync(
            """
            {"model":"gpt-4o","tool_choice":"auto","tools":[{"type":"function","name":"f"}],"input":[
              {"type":"additional_tools","role":"developer","tools":[
                {"type":"namespace","name":"functions","description":"","tools":[{"type":"custom","name":"exec"}]},{"type":"web_search"}]},
              {"role":"user","content":"hi"}]}
            """);

        chat["messages"].ShouldBeJson("""[{"role":"user","content":"hi"}]""");
        chat["tools"].ShouldNotBeNull().AsArray().Select(tool => tool.Value("function", "name")).ShouldBe(["f", "functions__exec"]);
    }

    [Theory]
    [InlineData("\"none\"", "\"none\"", "f g")]
    [InlineData("""{"type":"function","name":"g"}""", """{"type":"function","function":{"name":"g"}}""", "f g")]
    [InlineData("""{"type":"custom","name":"g"}""", """{"type":"function","function":{"name":"g"}}""", "f g")]
    [InlineData("""{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"}]}""", "\"required\"", "f")]
    public async Task ToolChoice_IsTranslated(string choice, string expected, string tools)
    {
        var chat = await ResponseRequests.ChatForAsync(ResponseRequests.Body(
            $"\"tools\":[{{\"type\":\"function\",\"name\":\"f\"}},{{\"type\":\"custom\",\"name\":\"g\"}}],\"tool_choice\":{choice}"));

        chat["tool_choice"].ShouldBeJson(expected);
        string.Join(' ', chat["tools"].ShouldNotBeNull().AsArray().Select(tool => tool.Value("function", "name"))).ShouldBe(tools);
    }

    [Fact]
    public async Task Stream_AsksForUsage()
    {
        var chat = await ResponseRequests.ChatForAsync(ResponseRequests.Body("\"stream\":true"));

        chat.ShouldBeJson(
            """{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}],"stream":true,"stream_options":{"include_usage":true}}""");
    }
}
