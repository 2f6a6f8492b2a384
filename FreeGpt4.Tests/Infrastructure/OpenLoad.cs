using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>
/// Many independent clients of an API: a fixed number of requests each second, whether or not the ones before have their answers. A
/// quarter are streams and a quarter reads of a list, the others chats.
/// </summary>
internal sealed class OpenLoad : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly HttpClient _client;
    private readonly int _perSecond;
    private readonly string _model;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<LoadedRequest> _done = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Task _running;
    private int _sent;

    private OpenLoad(Uri edge, int perSecond, string model)
    {
        _client = new HttpClient { BaseAddress = edge, Timeout = Patience.Limit };
        _perSecond = perSecond;
        _model = model;
        _running = RunAsync();
    }

    /// <summary>Of this load's own clock.</summary>
    public TimeSpan Now => _clock.Elapsed;

    /// <summary>Those that are over.</summary>
    public IReadOnlyCollection<LoadedRequest> Done => _done;

    /// <param name="model">By default that of <see cref="ModelServer"/>.</param>
    public static OpenLoad Start(Uri edge, int perSecond, string model = ModelServer.Model) => new(edge, perSecond, model);

    /// <summary>Waits until that many more requests are over.</summary>
    public Task MoreAsync(int requests)
    {
        var wanted = _done.Count + requests;
        return Eventually.IsTrue(() => _done.Count >= wanted, Patience.Limit, $"{requests} more requests", TestContext.Current.CancellationToken);
    }

    /// <summary>Waits until each of these has answered a request that was sent from now on, and no other one has lately.</summary>
    /// <param name="replicas">Their names, or those of their hosts.</param>
    public async Task UsesAsync(params IEnumerable<string> replicas)
    {
        var wanted = replicas.Order(StringComparer.Ordinal).ToArray();
        var last = Array.Empty<LoadedRequest>();
        try
        {
            await Eventually.IsTrue(
                () =>
                {
                    last = [.. _done.TakeLast(8 * wanted.Length)];
                    return last.Select(Name).Distinct().Order(StringComparer.Ordinal).SequenceEqual(wanted);
                },
                Patience.Limit, $"the load is on {string.Join(", ", wanted)}", TestContext.Current.CancellationToken);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message} At last:\n{string.Join('\n', last.AsEnumerable())}", late);
        }

        string? Name(LoadedRequest request) =>
            Array.Find(wanted, name => request.Replica == name || request.Replica?.StartsWith($"{name}-", StringComparison.Ordinal) is true) ?? request.Replica;
    }

    /// <summary>Sends no more and waits for those that run.</summary>
    /// <returns>All requests.</returns>
    public async Task<IReadOnlyList<LoadedRequest>> StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
        return [.. _done];
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _client.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var running = new List<Task>();
        using var timer = new PeriodicTimer(Tick);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                for (var due = _clock.Elapsed.TotalSeconds * _perSecond; _sent < due; _sent++)
                {
                    running.Add(SendAsync(_sent % 4));
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            await Task.WhenAll(running);
        }
    }

    private async Task SendAsync(int kind)
    {
        var started = _clock.Elapsed;
        var (status, replica, code, mayRetry) = (0, (string?)null, (string?)null, false);
        string? failure = null;
        try
        {
            using var request = Request(kind);
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            status = (int)response.StatusCode;
            replica = response.Headers.TryGetValues("x-freegpt4-replica", out var values) ? values.Single() : null;
            mayRetry = response.Headers.TryGetValues("x-should-retry", out var retry) && retry.Single() == "true";
            var answer = await response.Content.ReadAsStringAsync();
            if (status != 200)
            {
                failure = answer;
                code = answer.Split("\"code\":\"") is [_, var rest] ? rest.Split('"')[0] : null;
            }
            else if (kind == 0 ? !answer.TrimEnd().EndsWith("data: [DONE]", StringComparison.Ordinal) : !answer.EndsWith('}'))
            {
                failure = $"not whole: {answer}";
            }
        }
        catch (Exception cut) when (cut is HttpRequestException or IOException or OperationCanceledException)
        {
            failure = $"{cut.GetType().Name}: {cut.GetBaseException().Message}";
        }

        _done.Enqueue(new(started, _clock.Elapsed, kind switch { 0 => "stream", 1 => "list", _ => "chat" }, status, replica, code, mayRetry, failure));
    }

    private HttpRequestMessage Request(int kind) => kind == 1
        ? new(HttpMethod.Get, "/v1/models")
        : new(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(
                $$"""{"model":"{{_model}}","stream":{{(kind == 0 ? "true" : "false")}},"messages":[{"role":"user","content":"one two three"}]}""",
                new MediaTypeHeaderValue("application/json")),
        };
}

/// <param name="Status">0 when there was no answer.</param>
/// <param name="Replica">Who answered, when it was one.</param>
/// <param name="Code">Of the error in the answer.</param>
/// <param name="MayRetry">The answer says that the request may be sent again.</param>
/// <param name="Failure">Nothing when the answer was right and whole.</param>
internal sealed record LoadedRequest(
    TimeSpan Started, TimeSpan Ended, string Kind, int Status, string? Replica, string? Code, bool MayRetry, string? Failure);
