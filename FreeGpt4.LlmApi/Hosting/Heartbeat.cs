using FreeGpt4.LlmApi.State;
using FreeGpt4.LlmApi.Usage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FreeGpt4.LlmApi.Hosting;

/// <summary>Tells the others that this replica is there, and how it is, until it stops.</summary>
internal sealed class Heartbeat(Replica replica, LiveReplicas replicas, StateStore store, HealthCheckService health, TimeProvider time)
    : BackgroundService, IHostedLifecycleService
{
    private const string Turn = "replicas";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    // Long after they count as gone: the database may be out of reach for one of them only.
    private static readonly TimeSpan KeepGone = TimeSpan.FromMinutes(10);

    private static readonly string Version = typeof(Heartbeat).Assembly.GetName().Version?.ToString(3) ?? "";

    private readonly DateTimeOffset _started = time.GetUtcNow();

    private readonly LastAct _leave = new(cancellationToken => store.WriteInTurnAsync(
        Turn,
        LiveReplicas.Topic,
        (context, token) => context.Replicas.Where(one => one.Id == replica.Id).ExecuteDeleteAsync(token),
        Timeout,
        cancellationToken));

    // Before it serves anybody: with it the shares of the others get smaller.
    public Task StartingAsync(CancellationToken cancellationToken) => BeatAsync(LiveReplicas.Topic, cancellationToken);

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);

        // If it fails this replica is missed soon enough.
        await _leave.DoAsync();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(Interval, time);
        try
        {
            while (await ticks.WaitForNextTickAsync(stoppingToken))
            {
                await BeatAsync(topic: null, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The replica stops.
        }
    }

    private async Task BeatAsync(string? topic, CancellationToken cancellationToken)
    {
        try
        {
            var report = await health.CheckHealthAsync(cancellationToken);
            await store.WriteInTurnAsync(
                Turn, topic, (context, token) => WriteAsync(context, report.Status.ToString(), token), Timeout, cancellationToken);
            await replicas.ReadAsync(cancellationToken);
        }
        catch (Exception e) when (DatabaseFailure.IsOfDatabase(e))
        {
            // The state says so itself.
        }
    }

    private async Task<bool> WriteAsync(StateContext context, string health, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await context.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO replicas (id, version, started_at, seen_at, memory, health)
            VALUES ({replica.Id}, {Version}, {_started.ToUnixTimeMilliseconds()}, {now.ToUnixTimeMilliseconds()}, {Environment.WorkingSet}, {health})
            ON CONFLICT (id) DO UPDATE SET version = excluded.version, started_at = excluded.started_at, seen_at = excluded.seen_at,
              memory = excluded.memory, health = excluded.health
            """,
            cancellationToken);
        var gone = now - KeepGone;
        if (await context.Replicas.Where(one => one.SeenAt < gone).ExecuteDeleteAsync(cancellationToken) > 0)
        {
            // What they had to remember nobody asks for any more.
            await context.Notes
                .Where(note => note.Name.StartsWith(UsageWriter.NotePrefix)
                    && !context.Replicas.Any(one => UsageWriter.NotePrefix + one.Id == note.Name))
                .ExecuteDeleteAsync(cancellationToken);
        }

        return true;
    }
}
