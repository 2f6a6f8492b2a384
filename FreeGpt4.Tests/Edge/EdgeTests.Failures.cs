using System.Net;
using System.Net.Sockets;
using FreeGpt4.Tests.Infrastructure;
using FreeGpt4.Tests.Proxy;

namespace FreeGpt4.Tests.Edge;

public abstract partial class EdgeTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    public static TheoryData<string> WaysToLose => ["close", "reset"];

    [Theory(Timeout = Limit)]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Request_EveryReplicaDown_Is502ThatMayBeSentAgain(string method)
    {
        using var refusing = UnreachableReplica.Refusing();
        await using var edge = await StartAsync(refusing.Address);
        using var request = new HttpRequestMessage(new HttpMethod(method), "/v1/models");

        using var response = await edge.Client.SendAsync(request, TestContext.Current.CancellationToken);

        var message = await response.ShouldBeErrorAsync(HttpStatusCode.BadGateway, "server_error", "replica_unreachable");
        message.ShouldContain("not processed");
        message.ShouldNotContain(refusing.Address.Authority);
        response.Headers.GetValues("x-should-retry").ShouldBe(["true"]);
        response.Headers.Server.ShouldAllBe(server => server.Product!.Version == null);
    }

    [Fact(Timeout = Limit)]
    public async Task Request_ReplicaDoesNotTakeConnection_Is504ThatMayBeSentAgain()
    {
        using var silent = UnreachableReplica.Silent();
        await using var edge = await StartAsync(silent.Address, ("UPSTREAM_CONNECT_TIMEOUT", "100ms"));

        using var response = await edge.Client.PostAsync("/", new StringContent("x"), TestContext.Current.CancellationToken);

        await response.ShouldBeErrorAsync(HttpStatusCode.GatewayTimeout, "server_error", "replica_unreachable");
        response.Headers.GetValues("x-should-retry").ShouldBe(["true"]);
    }

    [Fact(Timeout = Limit)]
    public async Task Post_FirstConnectionFails_IsSentOnTheNext()
    {
        using var replica = UnreachableReplica.Silent();
        await using var edge = await StartAsync(replica.Address, ("UPSTREAM_CONNECT_TIMEOUT", "5s"));

        var response = edge.Client.PostAsync("/v1/chat/completions", new StringContent("{}"), TestContext.Current.CancellationToken);
        await edge.SaysAsync(ConnectFailedLine);
        var request = await replica.RecoverAsync(Answer);

        (await (await response).Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe("ok");
        request.ShouldStartWith("POST /v1/chat/completions HTTP/1.1\r\n");
    }

    [Fact(Timeout = Limit)]
    public async Task Request_ReplicaIsSilentTooLong_Is504AndNotSentAgain()
    {
        await using var replica = await Replica.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        await using var edge = await StartAsync(replica.Address, ("UPSTREAM_READ_TIMEOUT", "2s"));

        using var response = await edge.Client.GetAsync("/", TestContext.Current.CancellationToken);

        await response.ShouldBeErrorAsync(HttpStatusCode.GatewayTimeout, "server_error", "replica_timeout");
        response.Headers.Contains("x-should-retry").ShouldBeFalse();
        replica.ConnectionOfRequest.Count.ShouldBe(1);
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(WaysToLose))]
    public async Task Get_ConnectionLostBeforeAnswer_IsSentOnceMore(string way)
    {
        await using var replica = new ReplicaSocket((connection, before) =>
            before == 0 ? LoseAsync(connection, way) : ReplicaSocket.SendAsync(connection, Answer));
        await using var edge = await StartAsync(replica.Address);

        using var response = await edge.Client.GetAsync("/v1/models", TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe("ok");
        replica.Requests.Count.ShouldBe(2);
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(WaysToLose))]
    public async Task Get_ConnectionAlwaysLost_IsGivenUpAfterTwoAttempts(string way)
    {
        await using var replica = new ReplicaSocket((connection, _) => LoseAsync(connection, way));
        await using var edge = await StartAsync(replica.Address);

        using var response = await edge.Client.GetAsync("/v1/models", TestContext.Current.CancellationToken);

        await response.ShouldBeErrorAsync(HttpStatusCode.BadGateway, "server_error", "replica_lost");
        replica.Requests.Count.ShouldBe(2);
    }

    [Theory(Timeout = Limit)]
    [InlineData("POST", "{\"model\":\"m\"}", "close")]
    [InlineData("POST", "{\"model\":\"m\"}", "reset")]
    [InlineData("POST", "", "close")]
    [InlineData("POST", "", "reset")]
    [InlineData("POST", null, "close")]
    [InlineData("POST", null, "reset")]
    [InlineData("PATCH", "x", "close")]
    public async Task Post_ConnectionLostBeforeAnswer_IsNeverSentTwice(string method, string? body, string way)
    {
        await using var lost = new ReplicaSocket((connection, _) => LoseAsync(connection, way));
        await using var edge = await StartAsync(lost.Address);
        using var request = new HttpRequestMessage(new HttpMethod(method), "/v1/chat/completions")
        {
            Content = body is null ? null : new StringContent(body),
        };

        using var response = await edge.Client.SendAsync(request, TestContext.Current.CancellationToken);

        var error = await response.ShouldBeErrorAsync(HttpStatusCode.BadGateway, "server_error", "replica_lost");
        error.ShouldContain("may have processed");
        response.Headers.GetValues("x-should-retry").ShouldBe(["true"]);
        lost.Requests.Count.ShouldBe(1);
    }

    [Fact(Timeout = Limit)]
    public async Task Get_LostWithinAnswer_IsCutAndNotSentAgain()
    {
        await using var replica = new ReplicaSocket(async (connection, _) =>
        {
            await ReplicaSocket.SendAsync(connection, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
            await ReplicaSocket.CloseAsync(connection);
        });
        await using var edge = await StartAsync(replica.Address);

        await Should.ThrowAsync<HttpRequestException>(edge.Client.GetStringAsync("/", TestContext.Current.CancellationToken));

        replica.Requests.Count.ShouldBe(1);
    }

    [Fact(Timeout = Limit)]
    public async Task Request_AfterManyFailures_IsStillTried()
    {
        await using var replica = new ReplicaSocket((connection, before) =>
            before < 20 ? LoseAsync(connection, "close") : ReplicaSocket.SendAsync(connection, Answer));
        await using var edge = await StartAsync(replica.Address);

        for (var failure = 0; failure < 20; failure++)
        {
            using var failed = await edge.Client.PostAsync("/", new StringContent("x"), TestContext.Current.CancellationToken);
            failed.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        }

        using var served = await edge.Client.PostAsync("/", new StringContent("x"), TestContext.Current.CancellationToken);
        served.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static Task LoseAsync(Socket connection, string way)
        => way == "reset" ? ReplicaSocket.ResetAsync(connection) : ReplicaSocket.CloseAsync(connection);
}
