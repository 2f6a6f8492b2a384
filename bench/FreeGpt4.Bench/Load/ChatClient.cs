using System.Diagnostics;
using System.Net.Http.Headers;

namespace FreeGpt4.Bench.Load;

/// <summary>Sends chats, all on kept connections.</summary>
internal sealed class ChatClient(Uri address) : IDisposable
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private static readonly byte[] Question = """
        {"model":"m","messages":[{"role":"system","content":"You are helpful."},{"role":"user","content":"Say something short about foxes and dogs."}]}
        """u8.ToArray();

    private readonly HttpClient _client = new(new SocketsHttpHandler { MaxConnectionsPerServer = 1000 }) { BaseAddress = address };

    public async Task AskAsync(CancellationToken cancellationToken)
    {
        using var response = await SendAsync("/v1/chat/completions", cancellationToken);
        await response.Content.CopyToAsync(Stream.Null, cancellationToken);
    }

    /// <returns>When the first bytes came, as a timestamp of <see cref="Stopwatch"/>.</returns>
    public async Task<long> StreamAsync(CancellationToken cancellationToken)
    {
        using var response = await SendAsync("/v1/chat/completions?stream", cancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[4096];
        await body.ReadAtLeastAsync(buffer, 1, cancellationToken: cancellationToken);
        var first = Stopwatch.GetTimestamp();
        await body.CopyToAsync(Stream.Null, cancellationToken);
        return first;
    }

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> SendAsync(string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new ByteArrayContent(Question) { Headers = { ContentType = Json } },
        };
        var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return response.EnsureSuccessStatusCode();
    }
}
