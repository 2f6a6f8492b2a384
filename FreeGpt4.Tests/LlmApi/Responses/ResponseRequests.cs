using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.LlmApi.Responses;

internal static class ResponseRequests
{
    public const string Route = "/v1/responses";

    /// <summary>A request for "hi" with further members, given as JSON: <c>"stream":true</c>.</summary>
    public static string Body(string members = "") =>
        $$"""{"model":"gpt-4o","input":"hi"{{(members.Length > 0 ? "," : "")}}{{members}}}""";

    /// <summary>Returns when the headers are there.</summary>
    public static async Task<HttpResponseMessage> RespondAsync(this HttpClient client, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Route)
        {
            Content = new StringContent(body, new MediaTypeHeaderValue("application/json")),
        };
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    /// <summary>The chat request that reaches an upstream.</summary>
    public static async Task<JsonNode> ChatForAsync(string body)
    {
        await using var upstream = await UpstreamServer.StartAsync(context => (context.Request.Headers.Accept == "text/event-stream"
            ? UpstreamServerReplies.Events("stream-complete.sse")
            : UpstreamServerReplies.Json("answer-complete.json"))(context));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();
        using var response = await client.RespondAsync(body);
        ((int)response.StatusCode).ShouldBe(StatusCodes.Status200OK, await response.TextAsync());
        return JsonNode.Parse(upstream.Chats.ShouldHaveSingleItem().Body).ShouldNotBeNull();
    }

    /// <summary>The response to what an upstream answers.</summary>
    public static async Task<JsonNode> AnswerAsync(string body, string upstreamAnswer)
    {
        await using var upstream = await UpstreamServer.StartAsync(
            UpstreamServerReplies.Body("application/json", Encoding.UTF8.GetBytes(upstreamAnswer)));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();
        using var response = await client.RespondAsync(body);
        ((int)response.StatusCode).ShouldBe(StatusCodes.Status200OK, await response.TextAsync());
        return await response.JsonAsync();
    }

    /// <summary>The events of the response to an upstream's stream.</summary>
    public static async Task<IReadOnlyList<JsonNode>> EventsAsync(string body, byte[] upstreamStream)
    {
        await using var upstream = await UpstreamServer.StartAsync(UpstreamServerReplies.Body("text/event-stream", upstreamStream));
        await using var api = new LlmApiFactory(upstream);
        using var client = api.CreateClient();
        using var response = await client.RespondAsync(body);
        ((int)response.StatusCode).ShouldBe(StatusCodes.Status200OK, await response.TextAsync());
        return EventsIn(await response.TextAsync());
    }

    /// <summary>The events of a stream, after making sure that each says its type twice and that none is missing.</summary>
    public static IReadOnlyList<JsonNode> EventsIn(string stream)
    {
        stream.ShouldEndWith("\n\n");
        var events = new List<JsonNode>();
        foreach (var frame in stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(frame => frame[0] != ':'))
        {
            var lines = frame.Split('\n');
            lines.Length.ShouldBe(2, frame);
            var data = JsonNode.Parse(lines[1]["data: ".Length..]).ShouldNotBeNull();
            lines[0].ShouldBe($"event: {data.Value("type")}");
            data.Value("sequence_number").ShouldBe($"{events.Count}");
            events.Add(data);
        }

        return events;
    }

    public static IReadOnlyList<string?> Types(this IEnumerable<JsonNode> events) => [.. events.Select(one => one.Value("type"))];

    public static string Deltas(this IEnumerable<JsonNode> events, string type) =>
        string.Concat(events.Where(one => one.Value("type") == type).Select(one => one.Value("delta")));

    /// <summary>An upstream's stream that says these deltas, a finish reason, and what it used.</summary>
    public static byte[] Stream(string finish, params string[] deltas) => Encoding.UTF8.GetBytes(
    [
        .. string.Concat(deltas.Select(delta => Chunk($$"""[{"index":0,"delta":{{delta}},"finish_reason":null}]"""))),
        .. Chunk($$"""[{"index":0,"delta":{},"finish_reason":"{{finish}}"}]"""),
        .. Chunk("""[],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10,"prompt_tokens_details":{"cached_tokens":2}}"""),
        .. "data: [DONE]\n\n",
    ]);

    public static string Chunk(string choices) =>
        $$"""data: {"id":"chatcmpl-R1","object":"chat.completion.chunk","created":1764000002,"model":"m-1","choices":{{choices}}}""" + "\n\n";

    /// <summary>An upstream's answer in one piece.</summary>
    public static string Answer(string message, string finish = "stop", string more = "") =>
        $$"""{"id":"chatcmpl-R1","object":"chat.completion","created":1,"model":"m-1","choices":[{"index":0,"message":{{message}},"finish_reason":"{{finish}}"}]{{more}}}""";

    /// <summary>Compares values, not white space or the order of members.</summary>
    public static void ShouldBeJson(this JsonNode? actual, string expected) =>
        JsonNode.DeepEquals(actual, JsonNode.Parse(expected)).ShouldBeTrue(
            $"{actual?.ToJsonString(new JsonSerializerOptions { WriteIndented = true })}\nis not\n{expected}");
}
