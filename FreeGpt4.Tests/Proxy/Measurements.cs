using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using FreeGpt4.Proxy.Metrics;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.Tests.Proxy;

/// <summary>What an edge counts from now on.</summary>
internal sealed class Measurements : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<string> _counted = [];

    public Measurements(ProxyFactory edge)
    {
        // Other edges in this process have meters of the same name.
        var ofEdge = edge.Services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == EdgeMetrics.MeterName && instrument.Meter.Scope == ofEdge)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) =>
            _counted.Enqueue(tags.Length == 0 ? instrument.Name : $"{instrument.Name} {tags[0].Value}"));
        _listener.Start();
    }

    /// <summary>As in <c>freegpt4.proxy.limited settings</c>.</summary>
    public IReadOnlyCollection<string> Counted => _counted;

    public void Dispose() => _listener.Dispose();
}
