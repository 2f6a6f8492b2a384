using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>A real HTTP server on loopback that stands for somebody else's LLM API: it replays what was recorded, or misbehaves.</summary>
internal sealed class UpstreamServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<UpstreamRequest> _requests = new();
    private readonly ConcurrentQueue<UpstreamRequest> _modelLists = new();

    private UpstreamServer(RequestDelegate reply, RequestDelegate models, IPAddress address)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(address, 0));
        _app = builder.Build();
        _app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync(context.RequestAborted);
            var headers = context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            var request = new UpstreamRequest(context.Request.Method, context.Request.Path, headers, body);
            var isModels = HttpMethods.IsGet(request.Method) && request.Path.EndsWith("/models", StringComparison.Ordinal);
            (isModels ? _modelLists : _requests).Enqueue(request);
            context.Features.Set(request);
            await (isModels ? models : reply)(context);
        });
    }

    /// <summary>As <c>CUSTOM_BASE_URL</c> wants it.</summary>
    public string BaseUrl => $"{_app.Urls.Single()}/v1";

    public int Port => new Uri(_app.Urls.Single()).Port;

    /// <summary>All but those for the list of models, which the API sends whenever it likes to.</summary>
    public IReadOnlyList<UpstreamRequest> Requests => [.. _requests];

    public IReadOnlyList<UpstreamRequest> ModelLists => [.. _modelLists];

    public IReadOnlyList<UpstreamRequest> Chats => [.. _requests.Where(request => request.Path == "/v1/chat/completions")];

    /// <param name="models">The reply to <c>GET …/models</c>; without it there is no list.</param>
    /// <param name="address">Where it listens; on loopback, unless it is told otherwise for those who come from a container.</param>
    public static async Task<UpstreamServer> StartAsync(RequestDelegate reply, RequestDelegate? models = null, IPAddress? address = null)
    {
        var server = new UpstreamServer(reply, models ?? UpstreamServerReplies.Status(404, "nothing here"), address ?? IPAddress.Loopback);
        await server._app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        // Replies that a test holds open are not waited for.
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}

internal sealed record UpstreamRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body);
