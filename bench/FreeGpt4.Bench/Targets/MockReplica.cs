using System.Diagnostics;
using FreeGpt4.Bench.Load;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FreeGpt4.Bench.Targets;

/// <summary>Answers chats at once, or streams them at a fixed pace: all that a measurement sees beyond that is the target's own.</summary>
internal static class MockReplica
{
    public static readonly TimeSpan FirstToken = TimeSpan.FromMilliseconds(20);
    public static readonly TimeSpan InterToken = TimeSpan.FromMilliseconds(10);

    private const int Tokens = 10;

    private static readonly byte[] Answer = """
        {"id":"chatcmpl-1","object":"chat.completion","created":1764000000,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"The quick brown fox jumps over the lazy dog.","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":10,"total_tokens":19}}
        """u8.ToArray();

    private static readonly byte[] Frame = """
        data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1764000000,"model":"m","choices":[{"index":0,"delta":{"content":" word"},"finish_reason":null}]}


        """u8.ToArray();

    /// <summary>This program once more, as a process of its own.</summary>
    public static ProcessStartInfo Start(int port) => new(Environment.ProcessPath!, ["mock", $"{port}"]);

    public static Task RunAsync(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port));
        var app = builder.Build();
        app.MapGet("/health", () => "Healthy");
        app.MapPost("/v1/chat/completions", AnswerAsync);
        return app.RunAsync();
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        if (body.GetBuffer().AsSpan(0, (int)body.Length).IndexOf(ChatClient.Stream) >= 0)
        {
            await StreamAsync(context);
            return;
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = Answer.Length;
        await context.Response.Body.WriteAsync(Answer, context.RequestAborted);
    }

    private static async Task StreamAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        await Task.Delay(FirstToken, context.RequestAborted);
        for (var token = 0; token < Tokens; token++)
        {
            await context.Response.Body.WriteAsync(Frame, context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(InterToken, context.RequestAborted);
        }

        await context.Response.Body.WriteAsync("data: [DONE]\n\n"u8.ToArray(), context.RequestAborted);
    }
}
