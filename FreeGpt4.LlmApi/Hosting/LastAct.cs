using FreeGpt4.LlmApi.State;

namespace FreeGpt4.LlmApi.Hosting;

/// <summary>
/// What is still to be written when the replica stops, whatever time its host has left: the process has to end soon, and a database that does
/// not answer is not waited for. Several who stop the host wait for one and the same.
/// </summary>
internal sealed class LastAct(Func<CancellationToken, Task> act)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Task<bool>? _result;

    /// <returns>Whether it was done.</returns>
    public Task<bool> DoAsync()
    {
        lock (_gate)
        {
            return _result ??= DoOnceAsync();
        }
    }

    private async Task<bool> DoOnceAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            // On a thread of its own, since SQLite holds the one that it is called on.
            await Task.Run(() => act(limit.Token), limit.Token).WaitAsync(limit.Token);
            return true;
        }
        catch (Exception e) when (e is OperationCanceledException || DatabaseFailure.IsOfDatabase(e))
        {
            return false;
        }
    }
}
