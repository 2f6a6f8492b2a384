using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;

namespace FreeGpt4.Tests.LlmApi;

internal static class ChatRequests
{
    /// <summary>What is asked where it does not matter.</summary>
    public const string Prompt = "Something " + LeakWatch.Prompt;

    public const string Route = "/v1/chat/completions";

    public static string Body(bool stream = false, string model = "gpt-4o", bool? includeUsage = null)
    {
        var body = new JsonObject
        {
            ["model"] = model,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = Prompt }),
        };
        if (stream)
        {
            body["stream"] = true;
        }

        if (includeUsage is { } usage)
        {
            body["stream_options"] = new JsonObject { ["include_usage"] = usage };
        }

        return body.ToJsonString();
    }

    /// <summary>Returns when the headers are there.</summary>
    public static Task<HttpResponseMessage> ChatAsync(this HttpClient client, string body, string contentType = "application/json") =>
        client.AskAsync(Route, body, contentType);

    /// <inheritdoc cref="ChatAsync"/>
    public static async Task<HttpResponseMessage> AskAsync(
        this HttpClient client, string route, string body, string contentType = "application/json")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, route)
        {
            Content = new StringContent(body, new MediaTypeHeaderValue(contentType)),
        };
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    public static async Task<string> TextAsync(this HttpResponseMessage response) =>
        await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

    public static async Task<JsonNode> JsonAsync(this HttpResponseMessage response) =>
        JsonNode.Parse(await response.TextAsync()).ShouldNotBeNull();

    public static string ContentType(this HttpResponseMessage response) => $"{response.Content.Headers.ContentType}";

    /// <summary>The text of a JSON string, or the JSON of another value; <c>null</c> for JSON's null and for what is not there.</summary>
    public static string? Value(this JsonNode? node, params object[] path)
    {
        foreach (var step in path)
        {
            node = step is int index ? node?[index] : node?[(string)step];
        }

        return node is JsonValue value && value.TryGetValue<string>(out var text) ? text : node?.ToJsonString();
    }

    public static string Header(this HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? string.Join(',', values) : "";

    /// <summary>The error, after making sure that the reply is an OpenAI error with all four members.</summary>
    public static async Task<JsonObject> ErrorAsync(this HttpResponseMessage response)
    {
        response.ContentType().ShouldStartWith("application/json");
        return ErrorIn(await response.JsonAsync());
    }

    public static JsonObject ErrorIn(JsonNode envelope)
    {
        envelope.AsObject().Select(member => member.Key).ShouldBe(["error"]);
        var error = envelope["error"].ShouldNotBeNull().AsObject();
        error.Select(member => member.Key).Take(4).ShouldBe(["message", "type", "param", "code"]);
        return error;
    }

    /// <summary>The rest of an event stream; the callback sees every line as soon as it is there.</summary>
    public static async Task<string> ReadLinesAsync(this HttpResponseMessage response, Action<string> onLine)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience.Limit);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(patience.Token));
        var text = new StringBuilder();
        while (await reader.ReadLineAsync(patience.Token) is { } line)
        {
            text.Append(line).Append('\n');
            onLine(line);
        }

        return text.ToString();
    }

    /// <summary>The JSON of every <c>data:</c> frame but <c>[DONE]</c>.</summary>
    public static IReadOnlyList<JsonNode> Frames(string stream) =>
    [
        .. stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
            .Where(frame => frame.StartsWith("data: {", StringComparison.Ordinal))
            .Select(frame => JsonNode.Parse(frame["data: ".Length..]).ShouldNotBeNull()),
    ];
}
