using System.Text;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.ServiceDefaults;

/// <summary>Takes telemetry as OTLP over HTTP. It is not decoded: protobuf has strings as they are.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private Replica? _server;

    public Uri Address => _server!.Address;

    public Signal Traces { get; } = new();

    public Signal Metrics { get; } = new();

    public Signal Logs { get; } = new();

    public static async Task<Collector> StartAsync()
    {
        var collector = new Collector();
        collector._server = await Replica.StartAsync(collector.TakeAsync);
        return collector;
    }

    public async ValueTask DisposeAsync() => await _server!.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var signal = context.Request.Path.Value switch
        {
            "/v1/traces" => Traces,
            "/v1/metrics" => Metrics,
            "/v1/logs" => Logs,
            var path => throw new InvalidOperationException($"No OTLP signal has the path {path}."),
        };
        signal.Add(Encoding.Latin1.GetString(body.ToArray()));
    }

    /// <summary>All that was sent of one kind of telemetry.</summary>
    internal sealed class Signal
    {
        private readonly Lock _lock = new();
        private readonly StringBuilder _text = new();
        private TaskCompletionSource _grown = NewGrown();

        public string Text
        {
            get
            {
                lock (_lock)
                {
                    return _text.ToString();
                }
            }
        }

        public void Add(string sent)
        {
            TaskCompletionSource grown;
            lock (_lock)
            {
                _text.Append(sent);
                (grown, _grown) = (_grown, NewGrown());
            }

            grown.SetResult();
        }

        public Task ReceivesAsync(string part) => ReceivesAsync(text => text.Contains(part, StringComparison.Ordinal));

        public async Task ReceivesAsync(Predicate<string> enough)
        {
            while (true)
            {
                Task grown;
                lock (_lock)
                {
                    grown = _grown.Task;
                }

                if (enough(Text))
                {
                    return;
                }

                await grown.WaitAsync(TestContext.Current.CancellationToken);
            }
        }

        // Whoever waits goes on by itself, not within what sends.
        private static TaskCompletionSource NewGrown() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
