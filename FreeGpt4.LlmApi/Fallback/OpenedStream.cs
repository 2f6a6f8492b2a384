using FreeGpt4.LlmApi.OpenAI;

namespace FreeGpt4.LlmApi.Fallback;

/// <summary>A stream whose first content has arrived: the chunks up to it, held until then, and after them the rest.</summary>
internal sealed class OpenedStream(IReadOnlyList<AnswerJson> opening, IAsyncEnumerator<AnswerJson> rest)
    : IAsyncEnumerator<AnswerJson>
{
    private int _position = -1;

    public AnswerJson Current => _position < opening.Count ? opening[_position] : rest.Current;

    public ValueTask<bool> MoveNextAsync() =>
        ++_position < opening.Count ? ValueTask.FromResult(true) : rest.MoveNextAsync();

    public ValueTask DisposeAsync() => rest.DisposeAsync();
}
