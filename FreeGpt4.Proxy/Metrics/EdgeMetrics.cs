using System.Diagnostics.Metrics;

namespace FreeGpt4.Proxy.Metrics;

/// <summary>What only an edge can count. Requests and their times are counted by the server and the HTTP client themselves.</summary>
internal sealed class EdgeMetrics
{
    public const string MeterName = "FreeGpt4.Proxy";

    private readonly Meter _meter;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _setAside;
    private readonly Counter<long> _limited;

    public EdgeMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _retries = _meter.CreateCounter<long>("freegpt4.proxy.retries", "{attempt}", "Attempts after the first one of a request");
        _setAside = _meter.CreateCounter<long>("freegpt4.proxy.set_aside", "{time}", "Times that a replica was set aside, by reason");
        _limited = _meter.CreateCounter<long>("freegpt4.proxy.limited", "{request}", "Requests over a rate limit, by bucket");
    }

    public void Retried() => _retries.Add(1);

    public void SetAside(string reason) => _setAside.Add(1, KeyValuePair.Create("reason", (object?)reason));

    public void Limited(string bucket) => _limited.Add(1, KeyValuePair.Create("bucket", (object?)bucket));

    /// <param name="dropped">How many until now.</param>
    public void ObserveDroppedLines(Func<long> dropped)
        => _meter.CreateObservableCounter("freegpt4.proxy.access_log.dropped", dropped, "{line}", "Lines that came faster than the disk took them");
}
