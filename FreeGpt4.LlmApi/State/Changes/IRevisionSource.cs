namespace FreeGpt4.LlmApi.State;

/// <summary>How often each topic was changed, read over a connection of its own.</summary>
internal interface IRevisionSource : IAsyncDisposable
{
    Task<IReadOnlyDictionary<string, long>> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Until it is worth reading again.</summary>
    Task WaitAsync(CancellationToken cancellationToken);
}
