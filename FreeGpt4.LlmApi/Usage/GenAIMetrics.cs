using System.Diagnostics;
using System.Diagnostics.Metrics;
using FreeGpt4.LlmApi.OpenAI;
using FreeGpt4.LlmApi.Tokens;

namespace FreeGpt4.LlmApi.Usage;

/// <summary>
/// What asking the providers comes to, under OpenTelemetry's names. Each provider that is asked for one request is an operation.
/// https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/
/// </summary>
internal sealed class GenAIMetrics
{
    public const string MeterName = "FreeGpt4.LlmApi";

    /// <summary>As <c>error.type</c>: the caller has left.</summary>
    public const string Cancelled = "cancelled";

    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
    };

    private static readonly InstrumentAdvice<long> Tokens = new()
    {
        HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864],
    };

    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _firstChunk;
    private readonly Histogram<long> _tokens;

    public GenAIMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _duration = meter.CreateHistogram("gen_ai.client.operation.duration", "s", "GenAI operation duration.", tags: null, Seconds);
        _firstChunk = meter.CreateHistogram(
            "gen_ai.client.operation.time_to_first_chunk", "s", "Time to the first chunk with content of a streamed answer.", tags: null, Seconds);
        _tokens = meter.CreateHistogram("gen_ai.client.token.usage", "{token}", "Number of input and output tokens used.", tags: null, Tokens);
    }

    /// <param name="error">As <c>error.type</c>; <c>null</c> after a whole answer.</param>
    public void Ended(Operation operation, string provider, string model, TimeSpan elapsed, string? error)
    {
        if (_duration.Enabled)
        {
            var tags = Tags(operation, provider, model);
            if (error is not null)
            {
                tags.Add("error.type", error);
            }

            _duration.Record(elapsed.TotalSeconds, tags);
        }
    }

    public void FirstChunk(Operation operation, string provider, string model, TimeSpan elapsed)
    {
        if (_firstChunk.Enabled)
        {
            _firstChunk.Record(elapsed.TotalSeconds, Tags(operation, provider, model));
        }
    }

    /// <summary>The upstream's own figures; estimates are not what the name promises.</summary>
    public void Used(Operation operation, string provider, string model, TokenUsage? usage)
    {
        if (_tokens.Enabled && usage is { IsEstimate: false } told)
        {
            var tags = Tags(operation, provider, model);
            _tokens.Record(told.Prompt, [.. tags, new("gen_ai.token.type", "input")]);
            if (operation != Operation.Embeddings)
            {
                _tokens.Record(told.Completion, [.. tags, new("gen_ai.token.type", "output")]);
            }
        }
    }

    private static TagList Tags(Operation operation, string provider, string model) => new()
    {
        { "gen_ai.operation.name", operation == Operation.Chat ? "chat" : operation == Operation.Completions ? "text_completion" : "embeddings" },
        { "gen_ai.provider.name", provider.ToLowerInvariant() },
        { "gen_ai.request.model", model },
    };
}
