using System.Collections.Concurrent;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>A few clients that ask an edge one chat after the other, half of them streamed, until they are stopped.</summary>
internal sealed class Load : IAsyncDisposable
{
    private const int Clients = 4;

    private readonly CancellationTokenSource _stop = new(Patience.Limit);
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly Task _clients;
    private int _answered;

    private Load(Uri edge) => _clients = Task.WhenAll(Enumerable.Range(0, Clients).Select(client => RunAsync(edge, stream: client % 2 == 0)));

    public static Load Start(Uri edge) => new(edge);

    /// <summary>Waits until that many more requests have been answered.</summary>
    public Task AnsweredAsync(int more, CancellationToken cancellationToken)
    {
        var wanted = Volatile.Read(ref _answered) + more;
        return Eventually.IsTrue(() => Volatile.Read(ref _answered) >= wanted || !_failures.IsEmpty, Patience.Limit, $"{more} more answers", cancellationToken);
    }

    /// <summary>Lets requests that run finish.</summary>
    /// <returns>What went wrong, a line for each request that failed.</returns>
    public async Task<IReadOnlyList<string>> StopAsync()
    {
        await _stop.CancelAsync();
        await _clients;
        return [.. _failures];
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task RunAsync(Uri edge, bool stream)
    {
        using var client = new HttpClient { BaseAddress = edge };
        var body = $$"""{"model":"gpt-4o","stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"hi"}]}""";
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var content = new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
                using var response = await client.PostAsync("/v1/chat/completions", content, CancellationToken.None);
                var answer = await response.Content.ReadAsStringAsync(CancellationToken.None);
                if (!response.IsSuccessStatusCode || (stream && !answer.TrimEnd().EndsWith("data: [DONE]", StringComparison.Ordinal)))
                {
                    _failures.Enqueue($"{(int)response.StatusCode} {answer}");
                }
            }
            catch (HttpRequestException exception)
            {
                _failures.Enqueue(exception.ToString());
            }

            Interlocked.Increment(ref _answered);
        }
    }
}
