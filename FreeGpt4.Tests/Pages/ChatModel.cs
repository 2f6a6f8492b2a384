using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Pages;

/// <summary>An upstream that streams what a test has told it to say to a question, and else what it was asked.</summary>
internal sealed class ChatModel : IAsyncDisposable
{
    public const string Name = "tiny-1";

    private readonly ConcurrentDictionary<string, Func<Answer, Task>> _replies = new();
    private UpstreamServer? _server;

    public string BaseUrl => _server!.BaseUrl;

    /// <summary>The requests for answers, in the order in which they came.</summary>
    public IReadOnlyList<JsonNode> Chats => [.. _server!.Chats.Select(chat => JsonNode.Parse(chat.Body)!)];

    public static async Task<ChatModel> StartAsync(params string[] furtherModels)
    {
        var model = new ChatModel();
        var list = string.Join(',', furtherModels.Prepend(Name).Select(id => $$"""{"id":"{{id}}","object":"model","created":1764000000,"owned_by":"somebody"}"""));
        model._server = await UpstreamServer.StartAsync(model.AnswerAsync, UpstreamServerReplies.Status(200, $$"""{"object":"list","data":[{{list}}]}"""));
        return model;
    }

    /// <summary>What it does when it is asked that.</summary>
    public void When(string question, Func<Answer, Task> reply) => _replies[question] = reply;

    public void When(string question, string answer) => When(question, reply => reply.SayAsync(answer));

    public ValueTask DisposeAsync() => _server!.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var content = JsonNode.Parse(context.Features.Get<UpstreamRequest>()!.Body)!["messages"]!.AsArray()[^1]!["content"]!;
        var question = content is JsonArray parts ? parts[0]!["text"]!.GetValue<string>() : content.GetValue<string>();
        context.Response.ContentType = "text/event-stream";
        var answer = new Answer(context);
        await (_replies.TryGetValue(question, out var reply) ? reply(answer) : answer.SayAsync($"You said: {question}"));
        await answer.EndAsync();
    }

    /// <summary>One that is under way.</summary>
    internal sealed class Answer(HttpContext context)
    {
        private int _tokens;

        /// <summary>Ends when whoever asked has left.</summary>
        public Task Left => UpstreamServerReplies.GoneAsync(context);

        public CancellationToken Cancelled => context.RequestAborted;

        /// <summary>Says it in pieces of a few characters.</summary>
        public async Task SayAsync(string text)
        {
            foreach (var piece in text.Chunk(4))
            {
                await SendAsync(new JsonObject { ["content"] = new string(piece) });
            }

            await context.Response.Body.FlushAsync(Cancelled);
        }

        public Task ThinkAsync(string text) => SendAsync(new JsonObject { ["reasoning_content"] = text });

        /// <summary>An error in the middle.</summary>
        public Task FailAsync(string message) => WriteAsync(new() { ["error"] = new JsonObject { ["message"] = message } });

        public async Task EndAsync()
        {
            await WriteAsync(Chunk(new() { ["index"] = 0, ["delta"] = new JsonObject(), ["finish_reason"] = "stop" }));
            var usage = Chunk(null);
            usage["usage"] = new JsonObject { ["prompt_tokens"] = 3, ["completion_tokens"] = _tokens, ["total_tokens"] = _tokens + 3 };
            await WriteAsync(usage);
            await context.Response.WriteAsync("data: [DONE]\n\n", Cancelled);
        }

        private Task SendAsync(JsonObject delta)
        {
            _tokens++;
            return WriteAsync(Chunk(new() { ["index"] = 0, ["delta"] = delta, ["finish_reason"] = null }));
        }

        private Task WriteAsync(JsonObject frame) => context.Response.WriteAsync($"data: {frame.ToJsonString()}\n\n", Cancelled);

        private static JsonObject Chunk(JsonObject? choice) => new()
        {
            ["id"] = "chatcmpl-tiny",
            ["object"] = "chat.completion.chunk",
            ["created"] = 1764000000,
            ["model"] = Name,
            ["choices"] = choice is null ? [] : new JsonArray(choice),
        };
    }
}
