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

    private static readonly byte[] StreamedQuestion = [.. Question.AsSpan(0, Question.Length - 1), (byte)',', .. Stream, (byte)'}'];

    private readonly HttpClient _client = new(new SocketsHttpHandler { MaxConnectionsPerServer = 1000 }) { BaseAddress = address };

    /// <summary>The member that asks for a stream.</summary>
    public static ReadOnlySpan<byte> Stream => "\"stream\":true"u8;

    public async Task AskAsync(CancellationToken cancellationToken)
    {
        using var response = await SendAsync(Question, cancellationToken);
        await response.Content.CopyToAsync(System.IO.Stream.Null, cancellationToken);
    }

    /// <returns>When the first bytes came, as a timestamp of <see cref="Stopwatch"/>.</returns>
    public async Task<long> StreamAsync(CancellationToken cancellationToken)
    {
        using var response = await SendAsync(StreamedQuestion, cancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[4096];
        await body.ReadAtLeastAsync(buffer, 1, cancellationToken: cancellationToken);
        var first = Stopwatch.GetTimestamp();
        await body.CopyToAsync(System.IO.Stream.Null, cancellationToken);
        return first;
    }

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> SendAsync(byte[] question, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new ByteArrayContent(question) { Headers = { ContentType = Json } },
        };
        var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return response.EnsureSuccessStatusCode();
    }
}
