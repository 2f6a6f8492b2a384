using System.Diagnostics;
using System.Net;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Edge;

public abstract partial class ManyReplicasEdgeTests
{
    [Fact]
    public async Task Replicas_ComingAndGoing_AreNoticedWithoutAFailedRequest()
    {
        await using var name = new ReplicaName(1);
        await using var one = await Replica.StartAsync(Tell("one"), name.EndPoint(1));
        await using var two = await Replica.StartAsync(Tell("two"), name.EndPoint(2));
        await using var three = await Replica.StartAsync(Tell("three"), name.EndPoint(3));
        await using var edge = await StartAsync(name);
        (await AnswersAsync(edge.Client, 5)).ShouldAllBe(replica => replica == "one");

        // Each answer on the way is one of a replica, or the test fails.
        await NoticesAsync("two more", ["one", "two", "three"], 1, 2, 3);
        await NoticesAsync("one less", ["one", "three"], 1, 3);
        await NoticesAsync("another one", ["two"], 2);

        async Task NoticesAsync(string what, string[] expected, params int[] numbers)
        {
            name.Publish(numbers);
            var watch = Stopwatch.StartNew();
            var last = new Queue<string>();
            while (last.Count < 6 || last.Distinct().Order().SequenceEqual(expected.Order()) is false)
            {
                watch.Elapsed.ShouldBeLessThan(Patience.Limit, what);
                last.Enqueue(await AnswerAsync(edge.Client));
                if (last.Count > 6)
                {
                    last.Dequeue();
                }
            }

            TestContext.Current.TestOutputHelper?.WriteLine($"{what}: noticed after {watch.Elapsed.TotalSeconds:0.00} s");
        }
    }

    [Fact]
    public async Task Name_WithoutReplicas_IsNoOutageOfTheEdgeAndIsNoticedWhenTheyComeBack()
    {
        await using var name = new ReplicaName();
        await using var one = await Replica.StartAsync(Tell("one"), name.EndPoint(1));
        await using var edge = await StartAsync(name);

        using var none = await edge.Client.GetAsync("/v1/models", Cancelled);
        ((int)none.StatusCode).ShouldBeInRange(502, 503);
        none.Headers.GetValues("x-request-id").ShouldHaveSingleItem();
        (await none.Content.ReadAsStringAsync(Cancelled)).ShouldContain("\"type\":\"server_error\"");
        (await edge.Client.GetStringAsync("/health", Cancelled)).ShouldBe("Healthy");

        await BecomesAsync(HttpStatusCode.OK, "the first replica", 1);

        // A name server that fails for a moment: what is known is still right. (That the name leads nowhere may be believed or not.)
        name.Publish([]);
        await BecomesAsync(HttpStatusCode.OK, "the replica that came back", 1);

        async Task BecomesAsync(HttpStatusCode status, string what, params int[] numbers)
        {
            name.Publish(numbers);
            var watch = Stopwatch.StartNew();
            await Eventually.IsTrue(
                async () => (await edge.Client.GetAsync("/v1/models", Cancelled)).StatusCode == status, Patience.Limit, what, Cancelled);
            TestContext.Current.TestOutputHelper?.WriteLine($"{what}: noticed after {watch.Elapsed.TotalSeconds:0.00} s");
        }
    }

    [Fact]
    public async Task Stream_OfReplicaWhoseNameIsGone_GoesOn()
    {
        var goOn = new TaskCompletionSource();
        await using var name = new ReplicaName(1);
        await using var one = await Replica.StartAsync(
            async context =>
            {
                await context.Response.WriteAsync("first\n", context.RequestAborted);
                await goOn.Task.WaitAsync(context.RequestAborted);
                await context.Response.WriteAsync("last\n", context.RequestAborted);
            },
            name.EndPoint(1));
        await using var two = await Replica.StartAsync(Tell("two"), name.EndPoint(2));
        await using var edge = await StartAsync(name);
        using var reader = new StreamReader(await edge.Client.GetStreamAsync("/", Cancelled));
        (await reader.ReadLineAsync(Cancelled)).ShouldBe("first");

        name.Publish(2);
        await Eventually.IsTrue(
            async () =>
            {
                // Until the change is noticed these are streams, too, which nobody reads to their end.
                using var response = await edge.Client.GetAsync("/v1/models", HttpCompletionOption.ResponseHeadersRead, Cancelled);
                return response.Headers.Contains("x-freegpt4-replica");
            },
            Patience.Limit, "the other replica is used", Cancelled);
        goOn.SetResult();

        (await reader.ReadToEndAsync(Cancelled)).ShouldBe("last\n");
    }

    [Fact]
    public async Task Sticky_ByAddress_KeepsClientsWhereTheyAreWhenReplicasComeAndGo()
    {
        const int Clients = 40;
        await using var name = new ReplicaName(1, 2, 3);
        await using var one = await Replica.StartAsync(Tell("1"), name.EndPoint(1));
        await using var two = await Replica.StartAsync(Tell("2"), name.EndPoint(2));
        await using var three = await Replica.StartAsync(Tell("3"), name.EndPoint(3));
        await using var four = await Replica.StartAsync(Tell("4"), name.EndPoint(4));
        await using var edge = await StartAsync(name, ("STICKY", "ip"), ("TRUSTED_PROXIES", "127.0.0.1"));

        var first = await ReplicasOfClientsAsync();
        (await ReplicasOfClientsAsync()).ShouldBe(first);
        first.Distinct().Order().ShouldBe(["1", "2", "3"]);

        // Of 40 clients about 10 move to the fourth, and hardly any between the others.
        name.Publish(1, 2, 3, 4);
        var more = await ChangedAsync(replicas => replicas.Contains("4"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{Moved(first, more)} of {Clients} clients moved when a fourth replica came");
        Moved(first, more).ShouldBeLessThanOrEqualTo(Clients / 2);
        more.Distinct().Order().ShouldBe(["1", "2", "3", "4"]);

        // Those of the replica that left go elsewhere.
        name.Publish(1, 3, 4);
        var less = await ChangedAsync(replicas => !replicas.Contains("2"));
        var others = more.Zip(less).Where(replicas => replicas.First != "2").ToArray();
        var moved = others.Count(replicas => replicas.First != replicas.Second);
        TestContext.Current.TestOutputHelper?.WriteLine($"{moved} of the {others.Length} clients of others moved when the second left");
        moved.ShouldBeLessThanOrEqualTo(others.Length / 4);

        async Task<IReadOnlyList<string>> ReplicasOfClientsAsync()
        {
            var replicas = new List<string>();
            for (var number = 1; number <= Clients; number++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models") { Headers = { { "X-Forwarded-For", $"203.0.{number}.{7 * number % 256}" } } };
                using var response = await edge.Client.SendAsync(request, Cancelled);
                response.StatusCode.ShouldBe(HttpStatusCode.OK);
                replicas.Add(await response.Content.ReadAsStringAsync(Cancelled));
            }

            return replicas;
        }

        async Task<IReadOnlyList<string>> ChangedAsync(Func<IReadOnlyList<string>, bool> changed)
        {
            await Eventually.IsTrue(async () => changed(await ReplicasOfClientsAsync()), Patience.Limit, "the change is noticed", Cancelled);
            return await ReplicasOfClientsAsync();
        }

        static int Moved(IReadOnlyList<string> before, IReadOnlyList<string> after) => before.Zip(after).Count(replica => replica.First != replica.Second);
    }

    [Fact]
    public async Task Sticky_ReplicaOfClientFails_GoesToAnother()
    {
        await using var name = new ReplicaName(1, 2);
        var one = await Replica.StartAsync(Tell("1"), name.EndPoint(1));
        await using var two = await Replica.StartAsync(Tell("2"), name.EndPoint(2));
        await using var edge = await StartAsync(name, ("STICKY", "ip"));
        var mine = (await AnswersAsync(edge.Client, 4)).Distinct().ShouldHaveSingleItem();

        await (mine == "1" ? one : two).DisposeAsync();

        (await AnswersAsync(edge.Client, 6, HttpMethod.Post)).ShouldAllBe(replica => replica != mine);
        await one.DisposeAsync();
    }
}
