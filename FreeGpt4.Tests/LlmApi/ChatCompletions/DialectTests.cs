using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi.ChatCompletions;

/// <summary>Answers in the dialects of the servers that people put behind us: nothing of what they say is lost on the way.</summary>
public sealed class DialectTests
{
    public static TheoryData<string> Dialects => ["openai", "groq", "openrouter", "gemini", "ollama", "vllm"];

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task Answer_InItsDialect_LosesNothing(string dialect)
    {
        await using var upstream = await UpstreamServer.StartAsync(Json($"Dialects/{dialect}.json"));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body());

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        Lost(JsonNode.Parse(BundleText($"Dialects/{dialect}.json")), await response.JsonAsync()).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task Stream_InItsDialect_LosesNothing(string dialect)
    {
        await using var upstream = await UpstreamServer.StartAsync(Events($"Dialects/{dialect}.sse"));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(stream: true, includeUsage: true));

        var sent = ChatRequests.Frames(BundleText($"Dialects/{dialect}.sse").ReplaceLineEndings("\n"));
        var text = await response.TextAsync();
        text.ShouldEndWith("data: [DONE]\n\n");
        var got = ChatRequests.Frames(text);
        for (var i = 0; i < sent.Count; i++)
        {
            // Figures that came with choices are sent in a frame of their own, the last.
            var usage = sent[i]["choices"] is JsonArray { Count: > 0 } && sent[i].AsObject().Remove("usage", out var early) ? early : null;
            Lost(sent[i], got[i]).ShouldBeEmpty();
            if (usage is not null && i == sent.Count - 1)
            {
                Lost(usage, got[^1]["usage"]).ShouldBeEmpty();
            }
        }

        got.Count.ShouldBeInRange(sent.Count, sent.Count + 1);
        got[^1]["choices"].ShouldBeOfType<JsonArray>().ShouldBeEmpty();
        got.SkipLast(1).ShouldAllBe(frame => frame.AsObject().ContainsKey("usage") && frame["usage"] == null);
        got.ShouldAllBe(frame => frame.Value("id") == got[0].Value("id"));
    }

    [Fact]
    public async Task ToolCalls_StreamedWithoutIndexes_GetThem()
    {
        const string Stream = """
            data: {"choices":[{"index":0,"delta":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{"}}]}}]}

            data: {"choices":[{"index":0,"delta":{"tool_calls":[{"function":{"arguments":"}"}},{"id":"b","function":{"name":"g","arguments":""}}]}}]}

            data: {"choices":[{"index":0,"delta":{"tool_calls":[{"function":{"arguments":"{}"}}]},"finish_reason":"tool_calls"}]}


            """;
        await using var upstream = await UpstreamServer.StartAsync(Body("text/event-stream", Encoding.UTF8.GetBytes(Stream.ReplaceLineEndings("\n"))));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(stream: true));

        ChatRequests.Frames(await response.TextAsync())
            .SelectMany(frame => frame["choices"]![0]!["delta"]!["tool_calls"]!.AsArray())
            .Select(call => call.Value("index"))
            .ShouldBe(["0", "0", "1", "1"]);
    }

    [Theory]
    [InlineData("{\"id\":\"gen-1\",\"error\":{\"code\":429,\"message\":\"Rate limited upstream\",\"metadata\":{}},\"user_id\":\"u\"}", true)]
    [InlineData("{\"id\":\"gen-1\",\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"error\":{\"code\":502,\"message\":\"m\"},\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":\"error\"}]}", true)]
    [InlineData("{\"id\":\"gen-1\",\"object\":\"chat.completion.chunk\",\"error\":{\"code\":502,\"message\":\"m\"},\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}", false)]
    public async Task Error_InsideASuccess_IsNoAnswer(string body, bool whole)
    {
        await using var upstream = await UpstreamServer.StartAsync(
            whole ? Body("application/json", [.. body.Select(c => (byte)c)]) : Body("text/event-stream", [.. $"data: {body}\n\n".Select(c => (byte)c)]));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();

        using var response = await client.ChatAsync(ChatRequests.Body(stream: !whole));

        ((int)response.StatusCode).ShouldBeGreaterThanOrEqualTo(429);
        (await response.ErrorAsync()).Value("message").ShouldNotBeNull().ShouldContain("Custom");
    }

    /// <summary>The paths of what the upstream sent and the caller did not get as it was; what was added to it is no loss.</summary>
    private static IEnumerable<string> Lost(JsonNode? sent, JsonNode? got, string path = "$") => (sent, got) switch
    {
        (JsonObject from, JsonObject to) => from.SelectMany(member => to.ContainsKey(member.Key)
            ? Lost(member.Value, to[member.Key], $"{path}.{member.Key}")
            : [$"{path}.{member.Key}"]),
        (JsonArray from, JsonArray to) when from.Count == to.Count => from.SelectMany((item, i) => Lost(item, to[i], $"{path}[{i}]")),
        _ => sent?.ToJsonString() == got?.ToJsonString() ? [] : [$"{path}: {sent?.ToJsonString()} became {got?.ToJsonString()}"],
    };
}
