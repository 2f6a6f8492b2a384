using System.Collections.Concurrent;
using System.Net;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Edge;

/// <summary>What holds of both edges when a name leads to every replica, as in Docker Compose.</summary>
public abstract partial class ManyReplicasEdgeTests(EdgeProgram program)
{
    private const string Never = "1h";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_OverSeveralReplicas_GoToEachInTurnOnKeptConnections()
    {
        const int Each = 12;
        await using var name = new ReplicaName(1, 2, 3);
        await using var one = await Replica.StartAsync(Tell("one"), name.EndPoint(1));
        await using var two = await Replica.StartAsync(Tell("two"), name.EndPoint(2));
        await using var three = await Replica.StartAsync(Tell("three"), name.EndPoint(3));
        await using var edge = await StartAsync(name);

        for (var request = 0; request < 3 * Each; request++)
        {
            await AnswerAsync(edge.Client);
        }

        foreach (var replica in (Replica[])[one, two, three])
        {
            replica.ConnectionOfRequest.Count.ShouldBeInRange(Each - 1, Each + 1);

            // A process of nginx does not know the connections of another.
            replica.ConnectionOfRequest.Distinct().Count().ShouldBeLessThanOrEqualTo(Math.Min(Environment.ProcessorCount, Each / 2));
        }
    }

    [Fact]
    public async Task Connections_MoreThanAreKept_AreClosed()
    {
        const int Kept = 2;
        const int AtOnce = 24;
        await using var name = new ReplicaName(1, 2);
        var arrived = new ConcurrentQueue<string>();
        var goOn = new TaskCompletionSource();
        Task AnswerWhenAllAreHere(HttpContext context)
        {
            arrived.Enqueue(context.Connection.Id);
            return goOn.Task.WaitAsync(context.RequestAborted);
        }

        await using var one = await Replica.StartAsync(AnswerWhenAllAreHere, name.EndPoint(1));
        await using var two = await Replica.StartAsync(AnswerWhenAllAreHere, name.EndPoint(2));
        await using var edge = await StartAsync(name, ("UPSTREAM_KEEPALIVE", $"{Kept}"));

        var answers = Enumerable.Range(0, AtOnce).Select(_ => edge.Client.GetAsync("/", Cancelled)).ToArray();
        await Eventually.IsTrue(() => arrived.Count == AtOnce, Patience.Limit, "all requests run", Cancelled);
        goOn.SetResult();
        await Task.WhenAll(answers);

        // Of each replica in one edge, of each process in the other.
        var most = Kept * Math.Max(2, Environment.ProcessorCount);
        (await one.HasOpenConnectionsAsync(most)).ShouldBeLessThanOrEqualTo(most);
        (await two.HasOpenConnectionsAsync(most)).ShouldBeLessThanOrEqualTo(most);
    }

    [Fact]
    public async Task Answer_OfReplica_TellsWhichOneAndNothingElseOfTheInside()
    {
        await using var name = new ReplicaName(1, 2);
        await using var one = await Replica.StartAsync(Tell("one"), name.EndPoint(1));
        await using var two = await Replica.StartAsync(Tell("two"), name.EndPoint(2));
        await using var edge = await StartAsync(name);

        foreach (var _ in Enumerable.Range(0, 4))
        {
            using var response = await edge.Client.GetAsync("/v1/models", Cancelled);
            var replica = await response.Content.ReadAsStringAsync(Cancelled);

            response.Headers.GetValues("x-freegpt4-replica").ShouldBe([replica]);
            $"{response.Headers}{response.Content.Headers}".ShouldNotContain("127.0.0.");
            $"{response.Headers}{response.Content.Headers}".ShouldNotContain(ReplicaName.Host);
        }
    }

    /// <summary>The proxy waits for its connections, nginx for what it has been told; the tests of many requests have no limits.</summary>
    private Task<RunningEdge> StartAsync(ReplicaName name, params (string Name, string Value)[] settings)
        => program.StartAsync(name, [("RATE_LIMIT_API", "off"), ("RATE_LIMIT_SETTINGS", "off"), .. settings]);

    private static RequestDelegate Tell(string replica) => context =>
    {
        context.Response.Headers["x-freegpt4-replica"] = replica;
        return context.Response.WriteAsync(replica, context.RequestAborted);
    };

    /// <returns>Which replica answered. Anything but an answer of one fails the test.</returns>
    private static async Task<string> AnswerAsync(HttpClient client, HttpMethod? method = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, "/v1/models");
        using var response = await client.SendAsync(request, Cancelled);
        var answer = await response.Content.ReadAsStringAsync(Cancelled);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, answer);
        return answer;
    }

    private static async Task<IReadOnlyList<string>> AnswersAsync(HttpClient client, int count, HttpMethod? method = null)
    {
        var answers = new List<string>();
        while (answers.Count < count)
        {
            answers.Add(await AnswerAsync(client, method));
        }

        return answers;
    }
}

public sealed class NginxManyReplicasEdgeTests() : ManyReplicasEdgeTests(new NginxProgram());

public sealed class ProxyManyReplicasEdgeTests() : ManyReplicasEdgeTests(new ProxyProgram());
