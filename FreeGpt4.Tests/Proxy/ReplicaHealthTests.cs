using System.Collections.Concurrent;
using System.Net;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Proxy;

public sealed class ReplicaHealthTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string LastAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(50);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replica_ThatLosesRequests_IsSetAsideAndComesBack()
    {
        await using var losing = new ReplicaSocket((connection, before) =>
            before < 3 ? ReplicaSocket.CloseAsync(connection) : ReplicaSocket.SendAsync(connection, Answer));
        await using var well = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = new ProxyFactory([losing.Address, well.Address]).With("RATE_LIMIT_API", "off").With("NGINX_FAIL_TIMEOUT", "2s");

        var lost = 0;
        await Eventually.IsTrue(
            async () =>
            {
                using var response = await edge.Client.PostAsync("/v1/x", new StringContent("x"), Cancelled);
                lost += response.IsSuccessStatusCode ? 0 : 1;
                return losing.Requests.Count > 3;
            },
            Patience.Limit, "it is asked again, once it was set aside", Cancelled);

        // Set aside after the third, or a 40th of a second later there would be a fourth.
        lost.ShouldBe(3);
        well.ConnectionOfRequest.Count.ShouldBeGreaterThan(10);
    }

    [Fact]
    public async Task Replicas_AllSetAside_AreAllUsed()
    {
        await using var one = new ReplicaSocket((connection, before) =>
            before < 3 ? ReplicaSocket.CloseAsync(connection) : ReplicaSocket.SendAsync(connection, Answer));
        await using var two = new ReplicaSocket((connection, before) =>
            before < 3 ? ReplicaSocket.CloseAsync(connection) : ReplicaSocket.SendAsync(connection, Answer));
        await using var edge = new ProxyFactory([one.Address, two.Address]).With("RATE_LIMIT_API", "off").With("NGINX_FAIL_TIMEOUT", "1h");

        for (var i = 0; i < 12; i++)
        {
            using var response = await edge.Client.PostAsync("/v1/x", new StringContent("x"), Cancelled);
            response.StatusCode.ShouldBe(i < 6 ? HttpStatusCode.BadGateway : HttpStatusCode.OK);
        }

        one.Requests.Count.ShouldBe(6);
        two.Requests.Count.ShouldBe(6);
    }

    [Fact]
    public async Task Replica_SaysItIsNotReady_GetsNothingUntilItIs()
    {
        var isReady = false;
        var asked = 0;
        await using var starting = await Replica.StartAsync(context =>
        {
            if (context.Request.Path == "/health")
            {
                Interlocked.Increment(ref asked);
                context.Response.StatusCode = Volatile.Read(ref isReady) ? 200 : 503;
                return Task.CompletedTask;
            }

            return context.Response.WriteAsync("was starting", context.RequestAborted);
        });
        await using var well = await Replica.StartAsync(context => context.Response.WriteAsync("well", context.RequestAborted));
        await using var edge = new ProxyFactory([starting.Address, well.Address]).With("RATE_LIMIT_API", "off").WithProbes(Often);
        Task<string> AskAsync() => edge.Client.GetStringAsync("/v1/models", Cancelled);

        await AskAsync();
        await Eventually.IsTrue(() => Volatile.Read(ref asked) > 2, Patience.Limit, "it was probed", Cancelled);
        for (var i = 0; i < 10; i++)
        {
            (await AskAsync()).ShouldBe("well");
        }

        Volatile.Write(ref isReady, true);
        await Eventually.IsTrue(async () => await AskAsync() == "was starting", Patience.Limit, "it gets requests", Cancelled);
    }

    [Fact]
    public async Task Replica_ThatHangs_IsFoundAfterSeveralSilences()
    {
        var log = new ConcurrentQueue<string>();
        await using var hung = new ReplicaSocket((connection, _) => ReplicaSocket.CloseAsync(connection));
        await using var well = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = new ProxyFactory([hung.Address, well.Address], log.Enqueue).With("NGINX_MAX_FAILS", "off").WithProbes(Often);
        using var measured = new Measurements(edge);

        using var first = await edge.Client.GetAsync("/v1/models", Cancelled);
        await Eventually.IsTrue(() => log.Any(line => line.Contains("is silent and gets no new requests")), Patience.Limit, "it is found", Cancelled);

        hung.Requests.Count(request => request.StartsWith("GET /health", StringComparison.Ordinal)).ShouldBeGreaterThanOrEqualTo(3);
        measured.Counted.ShouldContain("freegpt4.proxy.set_aside silent");
    }

    [Fact]
    public async Task Replica_AboutToStop_GetsNoMoreRequests()
    {
        await using var stopping = new ReplicaSocket((connection, _) => ReplicaSocket.SendAsync(connection, LastAnswer));
        await using var well = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = new ProxyFactory([stopping.Address, well.Address]).With("NGINX_MAX_FAILS", "off");

        for (var i = 0; i < 8; i++)
        {
            using var response = await edge.Client.PostAsync("/v1/x", new StringContent("x"), Cancelled);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        stopping.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Request_AvailableReplicaRefuses_GoesToTheOneSetAside()
    {
        await using var back = new ReplicaSocket((connection, before) =>
            before == 0 ? ReplicaSocket.CloseAsync(connection) : ReplicaSocket.SendAsync(connection, Answer));
        using var refusing = Edge.UnreachableReplica.Refusing();
        await using var edge = new ProxyFactory([back.Address, refusing.Address]).With("NGINX_MAX_FAILS", "1").With("NGINX_FAIL_TIMEOUT", "1h");
        using var measured = new Measurements(edge);

        // One of them loses it, or refuses it and then the other loses it. From then on both are set aside.
        using var lost = await edge.Client.PostAsync("/v1/x", new StringContent("x"), Cancelled);
        using var served = await edge.Client.PostAsync("/v1/x", new StringContent("x"), Cancelled);

        lost.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        served.StatusCode.ShouldBe(HttpStatusCode.OK);
        measured.Counted.ShouldContain("freegpt4.proxy.retries");
        measured.Counted.ShouldContain("freegpt4.proxy.set_aside failures");
    }
}
