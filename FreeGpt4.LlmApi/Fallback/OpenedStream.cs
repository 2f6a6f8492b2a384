using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Providers;
using FreeGpt4.LlmApi.Usage;

namespace FreeGpt4.LlmApi.Fallback;

/// <summary>A stream whose first content has arrived: the chunks up to it, held until then, and after them the rest.</summary>
/// <param name="onWhole">Hears of a stream that came to its proper end.</param>
/// <param name="onBroken">Hears of a stream that breaks off.</param>
internal sealed class OpenedStream(
    IReadOnlyList<AnswerJson> opening,
    IAsyncEnumerator<AnswerJson> rest,
    Asking asking,
    Action onWhole,
    Action<ProviderException> onBroken)
    : IAsyncEnumerator<AnswerJson>
{
    private int _position = -1;

    public AnswerJson Current => _position < opening.Count ? opening[_position] : rest.Current;

    public ValueTask<bool> MoveNextAsync()
    {
        if (++_position >= opening.Count)
        {
            return NextAsync();
        }

        asking.Saw(opening[_position]);
        return ValueTask.FromResult(true);
    }

    public ValueTask DisposeAsync()
    {
        // Says nothing any more unless the caller has left.
        asking.Ended(GenAIMetrics.Cancelled);
        return rest.DisposeAsync();
    }

    private async ValueTask<bool> NextAsync()
    {
        try
        {
            if (await rest.MoveNextAsync())
            {
                asking.Saw(rest.Current);
                return true;
            }

            asking.Ended();
            onWhole();
            return false;
        }
        catch (ProviderException e)
        {
            asking.Ended(e.Failure.ToString());
            onBroken(e);
            throw;
        }
    }
}
