using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using static FreeGpt4.Tests.Infrastructure.UpstreamServerReplies;

namespace FreeGpt4.Tests.LlmApi;

/// <summary>Whatever is wrong with a request, it gets a reply that says so, and costs nothing that stays.</summary>
public sealed class MalformedRequestTests
{
    private const int Clients = 8;

    private static readonly Dictionary<string, string> ValidRequests = new()
    {
        ["/v1/chat/completions"] = """
            {"model":"gpt-4o","stream":false,"stream_options":{"include_usage":true},"temperature":0.7,"n":1,"stop":["x"],
             "messages":[{"role":"system","content":"Be brief."},
               {"role":"user","content":[{"type":"text","text":"Größe?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]},
               {"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
               {"role":"tool","tool_call_id":"c","content":"1"}],
             "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}}],
             "response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object"}}}}
            """,
        ["/v1/responses"] = """
            {"model":"gpt-4o","stream":false,"instructions":"Be brief.","max_output_tokens":100,"temperature":0.7,"parallel_tool_calls":true,
             "input":[{"role":"user","content":[{"type":"input_text","text":"Größe?"},{"type":"input_image","image_url":"data:image/png;base64,AA=="}]},
               {"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
               {"type":"function_call_output","call_id":"c","output":"1"}],
             "tools":[{"type":"function","name":"f","strict":true,"parameters":{"type":"object","properties":{"a":{"type":"string"}}}}],
             "tool_choice":"auto","reasoning":{"effort":"low"},"metadata":{"a":"b"},"include":[],
             "text":{"format":{"type":"json_schema","name":"s","schema":{"type":"object"}}}}
            """,
        ["/v1/messages"] = """
            {"model":"claude-sonnet","max_tokens":100,"stream":false,"system":[{"type":"text","text":"Be brief."}],"temperature":0.7,
             "messages":[{"role":"user","content":[{"type":"text","text":"Größe?"},
                 {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}}]},
               {"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"a":"b"}}]},
               {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"1"}]}],
             "tools":[{"name":"f","input_schema":{"type":"object","properties":{"a":{"type":"string"}}}}],
             "tool_choice":{"type":"auto"},"stop_sequences":["x"],"metadata":{"user_id":"u"}}
            """,
        ["/v1/messages/count_tokens"] = """
            {"model":"claude-sonnet","system":"Be brief.","messages":[{"role":"user","content":[{"type":"text","text":"Größe?"}]}],
             "tools":[{"name":"f","input_schema":{"type":"object","properties":{"a":{"type":"string"}}}}]}
            """,
        ["/v1/completions"] = """{"model":"gpt-4o","prompt":["Größe?"],"stream":false,"stream_options":{"include_usage":true},"max_tokens":5}""",
        ["/v1/embeddings"] = """{"model":"gpt-4o","input":["Größe?","b"],"encoding_format":"float","dimensions":2}""",
    };

    public static TheoryData<string> Routes => [.. ValidRequests.Keys];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Requests_BrokenInEveryWay_GetA4xxAndLeaveNothing(string route)
    {
        var valid = JsonNode.Parse(ValidRequests[route]).ShouldNotBeNull().AsObject();
        var count = Effort.Choose(usual: 700, full: 10_000);
        await using var upstream = await UpstreamServer.StartAsync(AnswerAnything);
        await using var api = ServiceProcess.Start(
            "FreeGpt4.LlmApi",
            ("ASPNETCORE_URLS", "http://127.0.0.1:0"), ("CUSTOM_BASE_URL", upstream.BaseUrl), ("FALLBACK_PROVIDERS", "Custom"), ("DOTNET_GCHeapCount", "1"));
        using var client = new HttpClient { BaseAddress = await api.AddressAsync(), Timeout = TimeSpan.FromMinutes(1) };

        // What is loaded once, such as the vocabulary to count tokens with, is there before anything is measured.
        using var whole = new StringContent(ValidRequests[route], new MediaTypeHeaderValue("application/json"));
        using var answered = await client.PostAsync(new Uri(route, UriKind.Relative), whole, Cancelled);
        answered.EnsureSuccessStatusCode();

        await SendAsync(0, count / 2);
        var memoryBefore = await MemoryAsync(api.Id);
        await SendAsync(count / 2, count);
        var memoryAfter = await MemoryAsync(api.Id);

        (memoryAfter / memoryBefore).ShouldBeLessThan(1.5, $"{memoryBefore} kB, then {memoryAfter} kB");

        Task SendAsync(int from, int to) => Parallel.ForAsync(
            from,
            to,
            new ParallelOptions { MaxDegreeOfParallelism = Clients, CancellationToken = Cancelled },
            async (seed, cancellationToken) => await CheckAsync(client, route, MalformedRequest.Of(valid, seed), cancellationToken));
    }

    // One answer for every operation, with an embedding for each of two texts.
    private static Task AnswerAnything(HttpContext context)
    {
        const string Anything = """
            {"choices":[{"index":0,"message":{"content":"a"},"text":"a","finish_reason":"stop"}],
             "data":[{"embedding":[1]},{"embedding":[1]}]}
            """;
        return context.Request.Headers.Accept == "text/event-stream"
            ? EventText($"data: {Anything.ReplaceLineEndings(" ").Replace("message", "delta", StringComparison.Ordinal)}\n\ndata: [DONE]\n\n")(context)
            : Status(200, Anything)(context);
    }

    private static async Task CheckAsync(HttpClient client, string route, MalformedRequest request, CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent(request.Body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var response = await client.PostAsync(new Uri(route, UriKind.Relative), content, cancellationToken);

        if (!response.IsSuccessStatusCode || request.IsRefused)
        {
            ((int)response.StatusCode).ShouldBeInRange(400, 499, request.ToString());
            var error = await response.JsonAsync();
            error.Value("error", "type").ShouldBe("invalid_request_error", request.ToString());
            error.Value("error", "message").ShouldNotBeNullOrEmpty(request.ToString());
        }
    }

    /// <summary>What the process holds, in kB.</summary>
    private static async Task<double> MemoryAsync(int process)
    {
        var status = await File.ReadAllLinesAsync($"/proc/{process}/status", Cancelled);
        var line = status.Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
