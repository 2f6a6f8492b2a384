using System.Net;
using System.Net.Sockets;
using FreeGpt4.Tests.Infrastructure;
using FreeGpt4.Tests.Proxy;

namespace FreeGpt4.Tests.Edge;

public abstract partial class ManyReplicasEdgeTests
{
    private const string FromOne = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none";

    private static readonly HttpMethod[] GetAndPost = [HttpMethod.Get, HttpMethod.Post];

    [Fact]
    public async Task Request_ReplicaTakesNoConnection_GoesToAnother()
    {
        // Nobody listens there, and there nobody answers.
        await using var name = new ReplicaName(1, 2, 3);
        using var silent = UnreachableReplica.Silent(name.EndPoint(3));
        await using var two = await Replica.StartAsync(Tell("two"), name.EndPoint(2));
        await using var edge = await StartAsync(name, ("UPSTREAM_CONNECT_TIMEOUT", "100ms"), ("NGINX_MAX_FAILS", "off"));

        foreach (var method in GetAndPost)
        {
            (await AnswersAsync(edge.Client, 6, method)).ShouldAllBe(replica => replica == "two");
        }
    }

    [Theory]
    [InlineData("close")]
    [InlineData("reset")]
    public async Task Request_ConnectionLostBeforeAnswer_GoesToAnotherUnlessItMayHaveBeenProcessed(string way)
    {
        await using var name = new ReplicaName(1, 2);
        await using var lost = new ReplicaSocket((connection, _) => LoseAsync(connection, way), name.EndPoint(1));
        await using var two = await Replica.StartAsync(Tell("two"), name.EndPoint(2));
        await using var edge = await StartAsync(name, ("NGINX_FAIL_TIMEOUT", "off"));

        (await AnswersAsync(edge.Client, 8)).ShouldAllBe(replica => replica == "two");
        var gets = lost.Requests.Count;
        var failed = 0;
        foreach (var method in (string[])["POST", "POST", "POST", "POST", "PATCH", "PATCH", "PATCH", "PATCH"])
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), "/v1/chat/completions") { Content = new StringContent("{}") };
            using var response = await edge.Client.SendAsync(request, Cancelled);
            if (!response.IsSuccessStatusCode)
            {
                await response.ShouldBeErrorAsync(HttpStatusCode.BadGateway, "server_error", "replica_lost");
                response.Headers.GetValues("x-should-retry").ShouldBe(["true"]);
                failed++;
            }
        }

        gets.ShouldBe(4);
        failed.ShouldBe(4);
        lost.Requests.Count.ShouldBe(gets + failed);
        two.ConnectionOfRequest.Count.ShouldBe(8 + 8 - failed);
    }

    [Fact]
    public async Task Post_KeptConnectionIsLost_IsNotSentTwice()
    {
        // It answers on a connection and takes the next request on it to its end.
        await using var name = new ReplicaName(1);
        await using var replica = new ReplicaSocket(
            (connection, before) => before == 0 ? ReplicaSocket.SendAsync(connection, FromOne) : ReplicaSocket.CloseAsync(connection), name.EndPoint(1));
        await using var edge = await StartAsync(name);
        (await AnswerAsync(edge.Client)).ShouldBe("one");

        using var response = await edge.Client.PostAsync("/v1/chat/completions", new StringContent("{}"), Cancelled);

        await response.ShouldBeErrorAsync(HttpStatusCode.BadGateway, "server_error", "replica_lost");
        replica.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Replica_ThatFailedThreeTimes_IsSetAside()
    {
        await using var name = new ReplicaName(1, 2);
        await using var lost = new ReplicaSocket((connection, _) => ReplicaSocket.CloseAsync(connection), name.EndPoint(1));
        await using var two = await Replica.StartAsync(Tell("two"), name.EndPoint(2));
        await using var edge = await StartAsync(name, ("NGINX_FAIL_TIMEOUT", Never));

        (await AnswersAsync(edge.Client, 40)).ShouldAllBe(replica => replica == "two");
        (await AnswersAsync(edge.Client, 10, HttpMethod.Post)).ShouldAllBe(replica => replica == "two");

        lost.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Replica_SilentTooLong_FailsAndIsSetAside()
    {
        await using var name = new ReplicaName(1, 2);
        await using var silent = await Replica.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted), name.EndPoint(1));
        await using var two = await Replica.StartAsync(Tell("two"), name.EndPoint(2));
        await using var edge = await StartAsync(
            name, ("UPSTREAM_READ_TIMEOUT", "1s"), ("NGINX_MAX_FAILS", "2"), ("NGINX_FAIL_TIMEOUT", Never));

        var failed = 0;
        for (var request = 0; request < 12; request++)
        {
            using var response = await edge.Client.PostAsync("/v1/chat/completions", new StringContent("{}"), Cancelled);
            if (!response.IsSuccessStatusCode)
            {
                await response.ShouldBeErrorAsync(HttpStatusCode.GatewayTimeout, "server_error", "replica_timeout");
                failed++;
            }
        }

        failed.ShouldBe(2);
        silent.ConnectionOfRequest.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Replica_SetAside_IsUsedAgainAfterItsTime()
    {
        await using var name = new ReplicaName(1, 2);
        await using var one = new ReplicaSocket(
            (connection, before) => before < 3 ? ReplicaSocket.ResetAsync(connection) : ReplicaSocket.SendAsync(connection, FromOne), name.EndPoint(1));
        await using var two = await Replica.StartAsync(Tell("two"), name.EndPoint(2));
        await using var edge = await StartAsync(name, ("NGINX_FAIL_TIMEOUT", "1s"));

        await Eventually.IsTrue(
            async () => await AnswerAsync(edge.Client) == "one", Patience.Limit, "the replica that failed answers again", Cancelled);
    }

    [Theory]
    [InlineData(503)]
    [InlineData(500)]
    [InlineData(429)]
    public async Task Replica_ThatAnswersWithAnError_IsNotSetAside(int status)
    {
        await using var name = new ReplicaName(1, 2);
        await using var one = await Replica.StartAsync(
            context =>
            {
                context.Response.StatusCode = status;
                return Task.CompletedTask;
            },
            name.EndPoint(1));
        await using var two = await Replica.StartAsync(Tell("two"), name.EndPoint(2));
        await using var edge = await StartAsync(name, ("NGINX_FAIL_TIMEOUT", Never));

        var statuses = new List<int>();
        for (var request = 0; request < 20; request++)
        {
            using var response = await edge.Client.GetAsync("/v1/models", Cancelled);
            statuses.Add((int)response.StatusCode);
        }

        statuses.Count(answer => answer == status).ShouldBeInRange(9, 11);
        statuses.Count(answer => answer == 200).ShouldBeInRange(9, 11);
    }

    [Fact]
    public async Task Client_ThatLeaves_DoesNotCountAgainstReplica()
    {
        await using var name = new ReplicaName(1);
        await using var one = await Replica.StartAsync(
            context => context.Request.Path == "/hang" ? Task.Delay(Timeout.Infinite, context.RequestAborted) : Tell("one")(context), name.EndPoint(1));
        await using var edge = await StartAsync(name, ("NGINX_MAX_FAILS", "1"), ("NGINX_FAIL_TIMEOUT", Never));

        for (var left = 1; left <= 3; left++)
        {
            using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
            var request = edge.Client.GetAsync("/hang", leaving.Token);
            await Eventually.IsTrue(() => one.ConnectionOfRequest.Count == left, Patience.Limit, "the replica has the request", Cancelled);
            await leaving.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(request);
        }

        (await AnswersAsync(edge.Client, 5)).ShouldAllBe(replica => replica == "one");
    }

    [Theory]
    [InlineData("NGINX_MAX_FAILS")]
    [InlineData("NGINX_FAIL_TIMEOUT")]
    public async Task SettingAside_Off_KeepsTryingReplicaThatFails(string setting)
    {
        await using var name = new ReplicaName(1, 2);
        await using var lost = new ReplicaSocket((connection, _) => ReplicaSocket.ResetAsync(connection), name.EndPoint(1));
        await using var two = await Replica.StartAsync(Tell("two"), name.EndPoint(2));
        await using var edge = await StartAsync(name, (setting, "off"));

        await AnswersAsync(edge.Client, 20);

        lost.Requests.Count.ShouldBeInRange(9, 11);
    }

    [Fact]
    public async Task Replicas_AllSetAside_AreAllUsedAgain()
    {
        // Three failures of each, by requests that are not sent again, and then both are well.
        await using var name = new ReplicaName(1, 2);
        await using var one = new ReplicaSocket(FailThrice, name.EndPoint(1));
        await using var two = new ReplicaSocket(FailThrice, name.EndPoint(2));
        await using var edge = await StartAsync(name, ("NGINX_FAIL_TIMEOUT", Never));

        var statuses = new List<HttpStatusCode>();
        for (var request = 0; request < 20; request++)
        {
            using var response = await edge.Client.PostAsync("/v1/chat/completions", new StringContent("{}"), Cancelled);
            statuses.Add(response.StatusCode);
        }

        statuses.Count(status => status == HttpStatusCode.BadGateway).ShouldBe(6);
        statuses.Skip(6).ShouldAllBe(status => status == HttpStatusCode.OK);
        one.Requests.Count.ShouldBeGreaterThan(3);
        two.Requests.Count.ShouldBeGreaterThan(3);

        static Task FailThrice(Socket connection, int before)
            => before < 3 ? ReplicaSocket.CloseAsync(connection) : ReplicaSocket.SendAsync(connection, FromOne);
    }

    [Fact]
    public async Task Request_EveryReplicaRefuses_Is502ThatMayBeSentAgainAndServedOnceOneIsBack()
    {
        await using var name = new ReplicaName(1, 2);
        await using var edge = await StartAsync(name, ("NGINX_FAIL_TIMEOUT", Never));

        for (var request = 0; request < 10; request++)
        {
            using var refused = await edge.Client.PostAsync("/v1/chat/completions", new StringContent("{}"), Cancelled);
            await refused.ShouldBeErrorAsync(HttpStatusCode.BadGateway, "server_error", "replica_unreachable");
            refused.Headers.GetValues("x-should-retry").ShouldBe(["true"]);
        }

        // Not after the hour for which both are set aside: at once.
        await using var two = await Replica.StartAsync(Tell("two"), name.EndPoint(2));
        (await AnswersAsync(edge.Client, 10, HttpMethod.Post)).ShouldAllBe(replica => replica == "two");
    }

    private static Task LoseAsync(Socket connection, string way)
        => way == "reset" ? ReplicaSocket.ResetAsync(connection) : ReplicaSocket.CloseAsync(connection);
}
