using System.Diagnostics;
using System.Net.Http.Headers;
using FreeGpt4.Bench.Targets;
using FreeGpt4.Bench.Upstream;

namespace FreeGpt4.Bench.Load;

/// <summary>Sends chats to a target, all on kept connections.</summary>
internal sealed class ChatClient(Target target) : IDisposable
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private static readonly byte[] Question = """
        {"model":"m","messages":[{"role":"system","content":"You are helpful."},{"role":"user","content":"Say something short about foxes and dogs."}]}
        """u8.ToArray();

    private readonly HttpClient _client = new(new SocketsHttpHandler()) { BaseAddress = target.Address, Timeout = Timeout.InfiniteTimeSpan };

    /// <exception cref="HttpRequestException">The answer is no success, or is not whole.</exception>
    public async Task AskAsync(CancellationToken cancellationToken)
    {
        using var response = await SendAsync(Question, cancellationToken);
        await response.Content.CopyToAsync(Stream.Null, cancellationToken);
    }

    /// <summary>Asks for a stream and tells of each token when it comes.</summary>
    /// <param name="token">Gets the timestamp (of <see cref="Stopwatch"/>) of each token, those that come together with the same.</param>
    /// <returns>How many came, with the end of the stream: <c>true</c> when it was whole.</returns>
    public async Task<bool> StreamAsync(StreamPace pace, Action<long> token, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(pace.Question, cancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[4096];
        var ends = new FrameEnds();
        var frames = 0;
        while (await body.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            var now = Stopwatch.GetTimestamp();
            for (var ended = ends.Count(buffer.AsSpan(0, read)); ended > 0; ended--)
            {
                if (frames++ < pace.Tokens)
                {
                    token(now);
                }
            }
        }

        // One more says that it is done.
        return frames > pace.Tokens;
    }

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> SendAsync(byte[] question, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new ByteArrayContent(question) { Headers = { ContentType = Json } },
        };
        foreach (var (name, value) in target.Headers)
        {
            request.Headers.Add(name, value);
        }

        var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"{target.Name}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}");
        }

        return response;
    }

    /// <summary>Counts events of a stream by the empty line after each, which may come in pieces.</summary>
    private struct FrameEnds
    {
        private bool _afterNewline;

        public int Count(ReadOnlySpan<byte> bytes)
        {
            var count = 0;
            foreach (var value in bytes)
            {
                var isNewline = value == (byte)'\n';
                count += isNewline && _afterNewline ? 1 : 0;
                _afterNewline = isNewline && !_afterNewline;
            }

            return count;
        }
    }
}
