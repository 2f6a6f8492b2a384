using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Providers;

namespace FreeGpt4.LlmApi.Fallback;

/// <summary>A stream whose first content has arrived: the chunks up to it, held until then, and after them the rest.</summary>
/// <param name="onWhole">Hears of a stream that came to its proper end.</param>
/// <param name="onBroken">Hears of a stream that breaks off.</param>
internal sealed class OpenedStream(
    IReadOnlyList<AnswerJson> opening, IAsyncEnumerator<AnswerJson> rest, Action onWhole, Action<ProviderException> onBroken)
    : IAsyncEnumerator<AnswerJson>
{
    private int _position = -1;

    public AnswerJson Current => _position < opening.Count ? opening[_position] : rest.Current;

    public ValueTask<bool> MoveNextAsync() =>
        ++_position < opening.Count ? ValueTask.FromResult(true) : NextAsync();

    public ValueTask DisposeAsync() => rest.DisposeAsync();

    private async ValueTask<bool> NextAsync()
    {
        try
        {
            if (await rest.MoveNextAsync())
            {
                return true;
            }

            onWhole();
            return false;
        }
        catch (ProviderException e)
        {
            onBroken(e);
            throw;
        }
    }
}
