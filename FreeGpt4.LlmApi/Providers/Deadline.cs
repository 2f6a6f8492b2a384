namespace FreeGpt4.LlmApi.Providers;

/// <summary>One clock for the stages of an upstream call, and a token that also ends when the caller leaves.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _clock;
    private readonly CancellationTokenSource _either;

    public Deadline(TimeProvider time, CancellationToken caller)
    {
        _clock = new(Timeout.InfiniteTimeSpan, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_clock.Token, caller);
    }

    public CancellationToken Token => _either.Token;

    public bool HasPassed => _clock.IsCancellationRequested;

    /// <summary>What is being waited for.</summary>
    public string Stage { get; private set; } = "";

    /// <summary>How long it may take.</summary>
    public TimeSpan Limit { get; private set; }

    public void Start(string what, TimeSpan limit)
    {
        Stage = what;
        Limit = limit;
        _clock.CancelAfter(limit);
    }

    /// <summary>Between two stages time is the caller's, who may be slow to read.</summary>
    public void Pause() => _clock.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _either.Dispose();
        _clock.Dispose();
    }
}
