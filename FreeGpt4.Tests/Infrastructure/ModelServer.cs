using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>
/// An upstream that acts like a small model: what it answers depends on what it is asked, so that a test through clients and edges
/// sees whether the question arrived whole.
/// </summary>
internal static class ModelServer
{
    public const string Model = "tiny-1";

    private const string Models = """{"object":"list","data":[{"id":"tiny-1","object":"model","created":1764000000,"owned_by":"tests"}]}""";

    public static Task<UpstreamServer> StartAsync(IPAddress? address = null) =>
        UpstreamServer.StartAsync(AnswerAsync, models: UpstreamServerReplies.Status(200, Models), address);

    private static async Task AnswerAsync(HttpContext context)
    {
        var request = context.Features.Get<UpstreamRequest>()!;
        var reply = request.Path switch
        {
            "/v1/embeddings" => Embeddings(JsonNode.Parse(request.Body)!),
            "/v1/chat/completions" => Chat(context, JsonNode.Parse(request.Body)!),
            _ => Error(context, 404, "no such route"),
        };
        context.Response.ContentType ??= "application/json";
        await context.Response.WriteAsync(reply, context.RequestAborted);
    }

    private static string Chat(HttpContext context, JsonNode request)
    {
        var messages = request["messages"]!.AsArray();
        var message = Answer(request, messages[^1]!);
        if (message is null)
        {
            return Error(context, 400, "this model refuses the word fail");
        }

        var finish = message.ContainsKey("tool_calls") ? "tool_calls" : "stop";
        var usage = new JsonObject { ["prompt_tokens"] = messages.Count, ["completion_tokens"] = 2, ["total_tokens"] = messages.Count + 2 };
        if (request["stream"]?.GetValue<bool>() is not true)
        {
            message["role"] = "assistant";
            return Body("chat.completion", new() { ["index"] = 0, ["message"] = message, ["finish_reason"] = finish }, usage);
        }

        context.Response.ContentType = "text/event-stream";
        var frames = Deltas(message).Select(delta => Choice(delta, null))
            .Append(Choice([], finish))
            .Select(choice => Body("chat.completion.chunk", choice, null))
            .Append(Body("chat.completion.chunk", null, usage));
        return string.Concat(frames.Append("[DONE]").Select(frame => $"data: {frame}\n\n"));
    }

    /// <returns><c>null</c> for what it refuses to answer.</returns>
    private static JsonObject? Answer(JsonNode request, JsonNode last)
    {
        if (last["role"]!.GetValue<string>() is "tool")
        {
            return new() { ["content"] = $"The tool says {last["content"]}." };
        }

        if (request["tools"] is JsonArray tools)
        {
            var calls = tools.Select((tool, i) => (JsonNode)new JsonObject
            {
                ["id"] = $"call_{i}",
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = tool!["function"]!["name"]!.DeepClone(), ["arguments"] = """{"city":"Zürich"}""" },
            });
            return new() { ["content"] = null, ["tool_calls"] = new JsonArray([.. calls]) };
        }

        if (request["response_format"]?["type"]?.GetValue<string>() is "json_schema")
        {
            return new() { ["content"] = """{"city":"Zürich","population":443037}""" };
        }

        if (last["content"] is JsonArray parts)
        {
            return new() { ["content"] = string.Join('+', parts.Select(Describe)) };
        }

        var question = last["content"]!.GetValue<string>();
        return question is "fail" ? null : new() { ["content"] = $"You said: {question}" };
    }

    private static string Describe(JsonNode? part) =>
        part?["image_url"]?["url"] is { } url ? $"image {url}" : $"text {part?["text"]}";

    // Words one by one; the arguments of a call in two pieces.
    private static IEnumerable<JsonObject> Deltas(JsonObject message)
    {
        yield return new() { ["role"] = "assistant", ["content"] = "" };
        foreach (var word in message["content"]?.GetValue<string>().Split(' ').Select((word, i) => i == 0 ? word : $" {word}") ?? [])
        {
            yield return new() { ["content"] = word };
        }

        foreach (var (call, i) in (message["tool_calls"]?.AsArray() ?? []).Select((call, i) => (call!, i)))
        {
            var arguments = call["function"]!["arguments"]!.GetValue<string>();
            yield return Call(i, arguments[..5], call);
            yield return Call(i, arguments[5..], null);
        }

        static JsonObject Call(int index, string arguments, JsonNode? whole)
        {
            var function = new JsonObject { ["arguments"] = arguments };
            var call = new JsonObject { ["index"] = index, ["function"] = function };
            if (whole is not null)
            {
                call["id"] = whole["id"]!.DeepClone();
                call["type"] = "function";
                function["name"] = whole["function"]!["name"]!.DeepClone();
            }

            return new() { ["tool_calls"] = new JsonArray(call) };
        }
    }

    private static JsonObject Choice(JsonObject delta, string? finish) => new() { ["index"] = 0, ["delta"] = delta, ["finish_reason"] = finish };

    private static string Body(string kind, JsonObject? choice, JsonObject? usage)
    {
        var body = new JsonObject
        {
            ["id"] = "chatcmpl-tiny",
            ["object"] = kind,
            ["created"] = 1764000000,
            ["model"] = Model,
            ["choices"] = choice is null ? [] : new JsonArray(choice),
        };
        if (usage is not null)
        {
            body["usage"] = usage;
        }

        return body.ToJsonString();
    }

    // The length of the text and its position: enough to tell vectors apart. OpenAI's client asks for base64.
    private static string Embeddings(JsonNode request)
    {
        var inputs = request["input"] is JsonArray several ? several.Select(text => $"{text}") : [$"{request["input"]}"];
        var data = inputs.Select((text, i) =>
        {
            float[] vector = [text.Length, i];
            JsonNode embedding = request["encoding_format"]?.GetValue<string>() is "base64"
                ? Convert.ToBase64String([.. vector.SelectMany(BitConverter.GetBytes)])
                : new JsonArray([.. vector.Select(value => JsonValue.Create(value))]);
            return (JsonNode)new JsonObject { ["object"] = "embedding", ["index"] = i, ["embedding"] = embedding };
        });
        return new JsonObject
        {
            ["object"] = "list",
            ["data"] = new JsonArray([.. data]),
            ["model"] = Model,
            ["usage"] = new JsonObject { ["prompt_tokens"] = 3, ["total_tokens"] = 3 },
        }.ToJsonString();
    }

    private static string Error(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return new JsonObject { ["error"] = new JsonObject { ["message"] = message, ["type"] = "invalid_request_error" } }.ToJsonString();
    }
}
