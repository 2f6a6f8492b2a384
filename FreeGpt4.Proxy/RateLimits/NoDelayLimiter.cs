using System.Threading.RateLimiting;

namespace FreeGpt4.Proxy.RateLimits;

/// <summary>
/// Limits as nginx does with <c>limit_req … nodelay</c>: a request takes its interval of time, and may take it in advance as often as the
/// burst allows. Nothing waits.
/// </summary>
/// <remarks>
/// The framework's token bucket is filled ten times a second, up to the burst: it would let 210 requests a second pass where the rate
/// is 1000 and the burst 20. This one counts exactly, whenever it is asked.
/// </remarks>
internal sealed class NoDelayLimiter(TimeSpan interval, int burst, TimeProvider time) : RateLimiter
{
    private static readonly Lease Passed = new(true);
    private static readonly Lease Refused = new(false);

    private readonly long _start = time.GetTimestamp();
    private readonly TimeSpan _mostInAdvance = interval * burst;
    private readonly Lock _lock = new();

    // Until when time is taken, counted from the start. As one that was never asked, it can be forgotten once that has passed.
    private TimeSpan _takenUntil;

    public override TimeSpan? IdleDuration
    {
        get
        {
            lock (_lock)
            {
                var idle = Now - _takenUntil;
                return idle > TimeSpan.Zero ? idle : null;
            }
        }
    }

    private TimeSpan Now => time.GetElapsedTime(_start);

    public override RateLimiterStatistics? GetStatistics() => null;

    protected override RateLimitLease AttemptAcquireCore(int permitCount)
    {
        lock (_lock)
        {
            var now = Now;
            var from = _takenUntil > now ? _takenUntil : now;
            if (permitCount > 0 && from - now > _mostInAdvance)
            {
                return Refused;
            }

            _takenUntil = from + (interval * permitCount);
            return Passed;
        }
    }

    protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken)
        => new(AttemptAcquireCore(permitCount));

    private sealed class Lease(bool isAcquired) : RateLimitLease
    {
        public override bool IsAcquired => isAcquired;

        public override IEnumerable<string> MetadataNames => [];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = null;
            return false;
        }
    }
}
