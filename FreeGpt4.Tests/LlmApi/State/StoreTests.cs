using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using FreeGpt4.LlmApi.State;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FreeGpt4.Tests.LlmApi.State;

/// <summary>What the replicas share, and how they hear of it.</summary>
public sealed class StoreTests
{
    private const string Topic = "test";
    private const string Counter = "counter";

    [Theory]
    [InlineData(ReplicaSet.Sqlite)]
    [InlineData(ReplicaSet.Postgres)]
    public async Task Writers_TwoHundredAtOnceOverFourReplicas_LoseNothing(string engine)
    {
        const int Writers = 200;
        await using var set = await ReplicaSet.StartAsync(engine);
        var stores = set.Stores;

        var counts = await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => CountAsync(stores[writer % stores.Count], $"writer {writer}"))));

        counts.Order().ShouldBe(Enumerable.Range(1, Writers));
        (await ReadAsync(stores[0], context => context.Notes.CountAsync(note => note.Name.StartsWith("writer")))).ShouldBe(Writers);
        (await ReadAsync(stores[1], context => context.Revisions.Where(one => one.Topic == Topic).Select(one => one.Number).SingleAsync())).ShouldBe(Writers);
    }

    [Theory]
    [InlineData(ReplicaSet.Sqlite)]
    [InlineData(ReplicaSet.Postgres)]
    public async Task Writers_WithoutATopic_LoseNothingEither(string engine)
    {
        const int Writers = 40;
        await using var set = await ReplicaSet.StartAsync(engine, count: 2);
        var stores = set.Stores;
        await CountAsync(stores[0], "first", topic: null);

        var counts = await Task.WhenAll(Enumerable.Range(0, Writers).Select(
            writer => Task.Run(() => CountAsync(stores[writer % stores.Count], $"writer {writer}", topic: null))));

        counts.Order().ShouldBe(Enumerable.Range(2, Writers));
    }

    [Theory]
    [InlineData(ReplicaSet.Sqlite)]
    [InlineData(ReplicaSet.Postgres)]
    public async Task Change_AtOneReplica_IsHeardByAllWithinASecond(string engine)
    {
        await using var set = await ReplicaSet.StartAsync(engine);
        var heard = set.Replicas.Select(_ => new ConcurrentDictionary<int, bool>()).ToList();
        foreach (var (replica, values) in set.Replicas.Zip(heard))
        {
            var store = replica.Services.GetRequiredService<StateStore>();
            replica.Services.GetRequiredService<ChangeFeed>().Listen(Topic, async _ => values[await ReadCounterAsync(store)] = true);
        }

        var times = new List<TimeSpan>();
        for (var change = 1; change <= 9; change++)
        {
            var count = await CountAsync(set.Stores[change % 4], $"change {change}");
            var since = Stopwatch.StartNew();
            await Eventually.IsTrue(
                () => heard.All(values => values.ContainsKey(count)), Patience.Limit, $"all have heard of {count}", TestContext.Current.CancellationToken);
            times.Add(since.Elapsed);
        }

        // One may be late on a busy machine.
        times.Order().ElementAt(times.Count / 2).ShouldBeLessThan(TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Postgres_StoppedAndStartedUnderLoad_LosesNoAcknowledgedWriteAndFailsNoChat(bool kill)
    {
        await using var set = await ReplicaSet.StartAsync(ReplicaSet.Postgres, count: 2);
        var server = set.Server.ShouldNotBeNull();
        var heard = 0;
        var feed = set.Replicas[1].Services.GetRequiredService<ChangeFeed>();
        feed.Listen(Topic, async _ => Volatile.Write(ref heard, await ReadCounterAsync(set.Stores[1])));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var acknowledged = new ConcurrentQueue<string>();
        var writers = Enumerable.Range(0, 8).Select(writer => Task.Run(() => WriteUntilAsync(set.Stores[writer % 2], writer, acknowledged, stop.Token))).ToList();
        await using var load = Load.Start(set.Replicas[0].CreateClient().BaseAddress!);

        await Eventually.IsTrue(() => acknowledged.Count > 20, Patience.Limit, "writes", TestContext.Current.CancellationToken);
        await (kill ? server.KillAsync() : server.StopAsync());
        var health = set.Replicas.Select(replica => replica.Services.GetRequiredService<StateHealth>()).ToList();
        await Eventually.IsTrue(() => health.All(one => one.IsLost), Patience.Limit, "both notice", TestContext.Current.CancellationToken);
        await load.AnsweredAsync(20, TestContext.Current.CancellationToken);
        using (var client = set.Replicas[0].CreateClient())
        {
            using var ready = await client.GetAsync("/health", TestContext.Current.CancellationToken);
            ready.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await server.StartAgainAsync();
        var soFar = acknowledged.Count;
        await Eventually.IsTrue(() => acknowledged.Count > soFar + 20, Patience.Limit, "writes go on", TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await Task.WhenAll(writers);

        (await load.StopAsync()).ShouldBeEmpty();
        var stored = await ReadAsync(set.Stores[0], context => context.Notes.Select(note => note.Name).ToListAsync());
        acknowledged.Except(stored).ShouldBeEmpty();
        var last = await CountAsync(set.Stores[0], "last");
        await Eventually.IsTrue(() => Volatile.Read(ref heard) == last, Patience.Limit, "it is heard", TestContext.Current.CancellationToken);
        health.ShouldAllBe(one => !one.IsLost);
    }

    [Fact]
    public async Task Database_Deleted_AcknowledgesNothingUntilThereIsOneAgain()
    {
        await using var set = await ReplicaSet.StartAsync(ReplicaSet.Sqlite, count: 2);
        var health = set.Replicas[0].Services.GetRequiredService<StateHealth>();
        await CountAsync(set.Stores[0], "before");
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(set.File)!, "freegpt4.db*"))
        {
            File.Delete(file);
        }

        (await Should.ThrowAsync<Exception>(() => CountAsync(set.Stores[0], "lost"))).ShouldSatisfyAllConditions(e => DatabaseFailure.IsOfDatabase(e).ShouldBeTrue());
        await Eventually.IsTrue(() => health.IsLost, Patience.Limit, "it is noticed", TestContext.Current.CancellationToken);
        using (var client = set.Replicas[0].CreateClient())
        {
            using var answer = await client.ChatAsync(ChatRequests.Body());
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        EmptyState.CopyTo(Path.GetDirectoryName(set.File)!);
        (await CountAsync(set.Stores[0], "after")).ShouldBe(1);
        (await ReadCounterAsync(set.Stores[1])).ShouldBe(1);
        await Eventually.IsTrue(() => !health.IsLost, Patience.Limit, "it is there again", TestContext.Current.CancellationToken);
    }

    private static async Task WriteUntilAsync(StateStore store, int writer, ConcurrentQueue<string> acknowledged, CancellationToken stop)
    {
        for (var number = 0; !stop.IsCancellationRequested; number++)
        {
            var name = $"{writer}-{number}";
            try
            {
                await CountAsync(store, name);
                acknowledged.Enqueue(name);
            }
            catch (Exception e) when (DatabaseFailure.IsOfDatabase(e))
            {
                // It was not acknowledged.
                await Task.Yield();
            }
        }
    }

    /// <returns>The counter, which this has raised by one.</returns>
    private static Task<int> CountAsync(StateStore store, string name, string? topic = Topic) => store.WriteAsync(
        topic,
        async context =>
        {
            var counter = await context.Notes.FindAsync([Counter], TestContext.Current.CancellationToken);
            if (counter is null)
            {
                counter = new() { Name = Counter, Value = "0" };
                context.Notes.Add(counter);
            }

            var count = int.Parse(counter.Value, CultureInfo.InvariantCulture) + 1;
            counter.Value = count.ToString(CultureInfo.InvariantCulture);
            context.Notes.Add(new() { Name = name, Value = "" });
            return count;
        },
        TestContext.Current.CancellationToken);

    private static async Task<int> ReadCounterAsync(StateStore store) =>
        await ReadAsync(store, context => context.Notes.Where(note => note.Name == Counter).Select(note => note.Value).SingleOrDefaultAsync()) is { } value
            ? int.Parse(value, CultureInfo.InvariantCulture)
            : 0;

    private static Task<T> ReadAsync<T>(StateStore store, Func<StateContext, Task<T>> read) => store.ReadAsync(read, TestContext.Current.CancellationToken);
}
