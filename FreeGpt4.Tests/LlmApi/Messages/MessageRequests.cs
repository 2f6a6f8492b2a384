using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace FreeGpt4.Tests.LlmApi.Messages;

internal static class MessageRequests
{
    public const string Route = "/v1/messages";
    public const string Question = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    /// <param name="more">Further members, each with a comma before it.</param>
    public static string Body(string more = "") => $$"""{"model":"claude-x","max_tokens":50,{{Question}}{{more}}}""";

    /// <summary>Returns when the headers are there.</summary>
    public static async Task<HttpResponseMessage> MessageAsync(this HttpClient client, string body, string route = Route)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, route)
        {
            Content = new StringContent(body, new MediaTypeHeaderValue("application/json")),
            Headers = { { "anthropic-version", "2023-06-01" }, { "anthropic-beta", "tools-2024-04-04" }, { "x-api-key", "unused" } },
        };
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    /// <summary>The type and message of an error, after making sure that it has Anthropic's form.</summary>
    public static async Task<(string? Type, string Message)> AnthropicErrorAsync(this HttpResponseMessage response)
    {
        response.ContentType().ShouldStartWith("application/json");
        var body = await response.JsonAsync();
        body.AsObject().Select(member => member.Key).ShouldBe(["type", "error", "request_id"]);
        body.Value("type").ShouldBe("error");
        body.Value("request_id").ShouldBe(response.Header("x-request-id"));
        return (body.Value("error", "type"), body.Value("error", "message").ShouldNotBeNull());
    }

    /// <summary>The events of a stream, each with its type checked against its name; comments are left out.</summary>
    public static IReadOnlyList<JsonNode> Events(string stream)
    {
        List<JsonNode> events = [];
        foreach (var frame in stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(frame => frame[0] != ':'))
        {
            var lines = frame.Split('\n');
            lines.Length.ShouldBe(2, frame);
            var data = JsonNode.Parse(lines[1]["data: ".Length..]).ShouldNotBeNull();
            lines[0].ShouldBe($"event: {data.Value("type")}");
            events.Add(data);
        }

        return events;
    }

    /// <summary>The blocks of a streamed message put together, after making sure that they came one after another.</summary>
    public static JsonArray Blocks(IReadOnlyList<JsonNode> events)
    {
        var blocks = new JsonArray();
        JsonNode? open = null;
        foreach (var e in events)
        {
            switch (e.Value("type"))
            {
                case "content_block_start":
                    open.ShouldBeNull();
                    e.Value("index").ShouldBe($"{blocks.Count}");
                    open = e["content_block"].ShouldNotBeNull().DeepClone();
                    break;
                case "content_block_delta":
                    e.Value("index").ShouldBe($"{blocks.Count}");
                    var member = e.Value("delta", "type") switch
                    {
                        "text_delta" => "text",
                        "thinking_delta" => "thinking",
                        "input_json_delta" => "partial_json",
                        var other => throw new InvalidDataException(other),
                    };
                    open.ShouldNotBeNull()[member] = open.Value(member) + e.Value("delta", member);
                    break;
                case "content_block_stop":
                    e.Value("index").ShouldBe($"{blocks.Count}");
                    blocks.Add(open.ShouldNotBeNull());
                    open = null;
                    break;
            }
        }

        open.ShouldBeNull();
        return blocks;
    }
}
