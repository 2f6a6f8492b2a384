using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Tokens;
using FreeGpt4.LlmApi.Usage;

namespace FreeGpt4.LlmApi.Fallback;

/// <summary>Tells the metrics, and the record of the request, what becomes of asking one provider.</summary>
internal sealed class Asking(GenAIMetrics metrics, RequestRecord? record, ProviderRoute route, Operation operation, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private TokenUsage? _told;
    private bool _hasEnded;

    public ProviderRoute Route => route;

    /// <summary>A whole answer came.</summary>
    public void Took(AnswerJson answer)
    {
        _told = UpstreamFigures.Read(answer);
        record?.Take(route, answer, _told);
        Ended();
    }

    /// <summary>The first content of a stream came.</summary>
    public void Opened()
    {
        record?.Open(route, time);
        metrics.FirstChunk(operation, route.Provider, route.Model, time.GetElapsedTime(_start));
    }

    /// <summary>The next chunk of a stream is passed on.</summary>
    public void Saw(AnswerJson chunk)
    {
        var told = UpstreamFigures.Read(chunk);
        _told = told ?? _told;
        record?.Note(chunk, told);
    }

    /// <param name="error"><c>null</c> after a whole answer.</param>
    public void Ended(string? error = null)
    {
        if (_hasEnded)
        {
            return;
        }

        _hasEnded = true;
        if (error is null)
        {
            record?.End();
        }

        metrics.Ended(operation, route.Provider, route.Model, time.GetElapsedTime(_start), error);
        metrics.Used(operation, route.Provider, route.Model, _told);
    }
}
