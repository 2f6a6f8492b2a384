using System.Net;
using System.Net.Sockets;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Proxy;

public sealed class RetryTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact(Timeout = Patience.OfTest)]
    public async Task ConnectRefused_OnOnlyAddress_IsTriedThereOnceMore()
    {
        // Bound but not listening: refused, and nobody else can take the port.
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var listening = new TaskCompletionSource();
        await using var edge = new ProxyFactory([new Uri($"http://{socket.LocalEndPoint}")], log =>
        {
            if (log.Contains("trying again", StringComparison.Ordinal))
            {
                socket.Listen();
                listening.SetResult();
            }
        });

        var answer = edge.Client.PostAsync("/v1/chat/completions", new StringContent("{}"), TestContext.Current.CancellationToken);
        await listening.Task.WaitAsync(TestContext.Current.CancellationToken);
        using var connection = await socket.AcceptAsync(TestContext.Current.CancellationToken);
        await connection.ReceiveAsync(new byte[4096], TestContext.Current.CancellationToken);
        await ReplicaSocket.SendAsync(connection, Answer);

        using var response = await answer;
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe("ok");
    }

    [Fact]
    public async Task ConnectRefused_OnOneOfTwoReplicas_FailsNoRequest()
    {
        await using var replica = await Replica.StartAsync(async context =>
            await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted));
        using var refusing = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        refusing.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var edge = new ProxyFactory([new Uri($"http://{refusing.LocalEndPoint}"), replica.Address]);

        for (var i = 0; i < 10; i++)
        {
            using var response = await edge.Client.PostAsync("/", new StringContent($"body {i}"), TestContext.Current.CancellationToken);

            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe($"body {i}");
        }

        replica.ConnectionOfRequest.Count.ShouldBe(10);
    }

    [Theory]
    [InlineData("PUT", "x")]
    [InlineData("DELETE", null)]
    [InlineData("GET", "with a body")]
    public async Task Write_ConnectionLostBeforeAnswer_IsNeverSentTwice(string method, string? body)
    {
        await using var lost = new ReplicaSocket((connection, _) => ReplicaSocket.CloseAsync(connection));
        await using var edge = new ProxyFactory([lost.Address]);
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

    [Fact]
    public async Task Get_LostWithinAnswer_IsCutAndNotSentAgain()
    {
        await using var replica = new ReplicaSocket(async (connection, _) =>
        {
            await ReplicaSocket.SendAsync(connection, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
            await ReplicaSocket.CloseAsync(connection);
        });
        var cut = new TaskCompletionSource();
        await using var edge = new ProxyFactory([replica.Address], log =>
        {
            if (log.Contains("A GET was cut with 200", StringComparison.Ordinal))
            {
                cut.SetResult();
            }
        });

        await Should.ThrowAsync<HttpRequestException>(edge.Client.GetStringAsync("/", TestContext.Current.CancellationToken));

        await cut.Task.WaitAsync(TestContext.Current.CancellationToken);
        replica.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Get_ReplicaAnswers503_IsNotSentToTheOther()
    {
        static Task Unavailable(HttpContext context)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        }

        await using var one = await Replica.StartAsync(Unavailable);
        await using var two = await Replica.StartAsync(Unavailable);
        await using var edge = new ProxyFactory([one.Address, two.Address]);

        using var response = await edge.Client.GetAsync("/", TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (one.ConnectionOfRequest.Count + two.ConnectionOfRequest.Count).ShouldBe(1);
    }
}
