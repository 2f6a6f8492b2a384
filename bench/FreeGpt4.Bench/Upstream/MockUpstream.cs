using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FreeGpt4.Bench.Upstream;

/// <summary>Answers chats at once, or streams them at a <see cref="StreamPace"/>: all that a measurement sees beyond that is the target's own.</summary>
internal static class MockUpstream
{
    private static readonly byte[] Answer = """
        {"id":"chatcmpl-1","object":"chat.completion","created":1764000000,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"The quick brown fox jumps over the lazy dog.","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":10,"total_tokens":19}}
        """u8.ToArray();

    private static readonly byte[] Frame = """
        data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1764000000,"model":"m","choices":[{"index":0,"delta":{"content":" word"},"finish_reason":null}]}


        """u8.ToArray();

    private static readonly byte[] LastFrame = """
        data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1764000000,"model":"m","choices":[{"index":0,"delta":{"content":" end"},"finish_reason":"stop"}]}


        """u8.ToArray();

    private static readonly byte[] Models = """{"object":"list","data":[{"id":"m","object":"model","created":1764000000,"owned_by":"mock"}]}"""u8.ToArray();

    /// <summary>This program once more, as a process of its own.</summary>
    public static ProcessStartInfo Start(int port) => new(Environment.ProcessPath!, ["mock", $"{port}"]);

    public static Task RunAsync(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port));
        var app = builder.Build();
        app.MapGet("/health", () => "Healthy");
        app.MapGet("/v1/models", context => JsonAsync(context, Models));
        app.MapPost("/v1/chat/completions", AnswerAsync);
        return app.RunAsync();
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        if (StreamPace.Parse(body.RootElement.GetProperty("model").GetString()) is { } pace)
        {
            await StreamAsync(context, pace);
        }
        else
        {
            await JsonAsync(context, Answer);
        }
    }

    private static Task JsonAsync(HttpContext context, byte[] answer)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = answer.Length;
        return context.Response.Body.WriteAsync(answer, context.RequestAborted).AsTask();
    }

    // Each token is due at a time of its own, so that a late one does not make the rest late.
    private static async Task StreamAsync(HttpContext context, StreamPace pace)
    {
        context.Response.ContentType = "text/event-stream";
        var clock = Stopwatch.StartNew();
        for (var token = 0; token < pace.Tokens; token++)
        {
            if (pace.First + (token * pace.Interval) - clock.Elapsed is var early && early > TimeSpan.Zero)
            {
                await Task.Delay(early, context.RequestAborted);
            }

            await context.Response.Body.WriteAsync(token < pace.Tokens - 1 ? Frame : LastFrame, context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }

        await context.Response.Body.WriteAsync("data: [DONE]\n\n"u8.ToArray(), context.RequestAborted);
    }
}
