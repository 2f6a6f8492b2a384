namespace Aspire.Hosting.Orchestration;

/// <summary>Lets one in at a time.</summary>
#pragma warning disable CA1001 // A semaphore holds nothing to dispose of unless its wait handle is asked for.
internal sealed class Gate
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim _semaphore = new(1, 1);

    /// <summary>Waits for the turn, which ends when what this returns is disposed.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        await _semaphore.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Turn(_semaphore);
    }

    private sealed class Turn(SemaphoreSlim semaphore) : IDisposable
    {
        public void Dispose() => semaphore.Release();
    }
}
