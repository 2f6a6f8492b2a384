using System.Threading.Channels;
using FreeGpt4.LlmApi.Hosting;
using FreeGpt4.LlmApi.State;

namespace FreeGpt4.LlmApi.Fallback.Cooldowns;

/// <summary>Writes cool-downs as soon as they change, and clears away those that are long over.</summary>
internal sealed partial class CooldownWriter(
    SharedCooldownStore store, SharedReservations reservations, TimeProvider time, ILogger<CooldownWriter> logger) : BackgroundService
{
    private static readonly TimeSpan CleanUpInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly LastAct _lastWrite = new(store.WriteAsync);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        store.Changed += OnChanged;
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        store.Changed -= OnChanged;
        await base.StopAsync(cancellationToken);

        // If it fails the others find out for themselves.
        await _lastWrite.DoAsync();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        WriteAsync(stoppingToken),
        EveryAsync(Pause, reservations.CatchUpAsync, stoppingToken),
        EveryAsync(CleanUpInterval, store.CleanUpAsync, stoppingToken),
        EveryAsync(CleanUpInterval, reservations.CleanUpAsync, stoppingToken));

    private void OnChanged() => _changed.Writer.TryWrite(true);

    private async Task WriteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var wasLost = false;
            while (await _changed.Reader.ReadAsync(stoppingToken))
            {
                try
                {
                    await store.WriteAsync(stoppingToken);
                    wasLost = false;
                }
                catch (Exception e) when (DatabaseFailure.IsOfDatabase(e))
                {
                    if (!wasLost)
                    {
                        wasLost = true;
                        Log.NotWritten(logger, e.GetBaseException().Message.ReplaceLineEndings(" "));
                    }

                    await Task.Delay(Pause, time, stoppingToken);
                    OnChanged();
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The replica stops.
        }
    }

    private async Task EveryAsync(TimeSpan interval, Func<CancellationToken, Task> work, CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(interval, time);
        try
        {
            while (await ticks.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await work(stoppingToken);
                }
                catch (Exception e) when (DatabaseFailure.IsOfDatabase(e))
                {
                    // It is tried again.
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The replica stops.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The other replicas do not hear of cool-downs, since the database takes none ({Reason}).")]
        public static partial void NotWritten(ILogger logger, string reason);
    }
}
