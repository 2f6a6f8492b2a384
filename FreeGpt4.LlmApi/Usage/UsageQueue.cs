using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Threading.Channels;

namespace FreeGpt4.LlmApi.Usage;

/// <summary>What is still to be written down. Whoever adds to it never waits: when it is full, the request is dropped and counted.</summary>
internal sealed class UsageQueue
{
    private readonly Channel<UsageRecord> _records;
    private long _dropped;

    public UsageQueue(UsageOptions options, IMeterFactory meters)
    {
        _records = Channel.CreateBounded<UsageRecord>(new BoundedChannelOptions(options.LongestQueue) { SingleReader = true });
        var meter = meters.Create(GenAIMetrics.MeterName);
        meter.CreateObservableCounter(
            "freegpt4.usage.dropped", () => Dropped, "{request}", "Requests that are missing in the usage, because the database took no more, or not those.");
        meter.CreateObservableUpDownCounter(
            "freegpt4.usage.waiting", () => Waiting, "{request}", "Requests that are still to be written down.");
    }

    public long Dropped => Volatile.Read(ref _dropped);

    public int Waiting => _records.Reader.Count;

    public void Add(UsageRecord record)
    {
        if (!_records.Writer.TryWrite(record))
        {
            Drop();
        }
    }

    /// <summary>One more that is never written.</summary>
    public void Drop() => Interlocked.Increment(ref _dropped);

    public bool TryTake([NotNullWhen(true)] out UsageRecord? record) => _records.Reader.TryRead(out record);
}
