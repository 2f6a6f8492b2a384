using System.Net;
using System.Net.Sockets;
using FreeGpt4.Tests.Infrastructure;
using FreeGpt4.Tests.Proxy;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Edge;

/// <summary>What clients and replicas may rely on, whichever edge is between them. Each edge has a class that runs all of it.</summary>
public abstract partial class EdgeTests
{
    private const int Limit = Patience.OfTest;

    protected abstract EdgeProgram Program { get; }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>What the edge says of a connection to a replica that could not be made, before it makes another.</summary>
    protected abstract string ConnectFailedLine { get; }

    /// <summary>Starts the edge in front of one address, with settings by the names of their environment variables.</summary>
    protected abstract Task<RunningEdge> StartAsync(Uri replica, params (string Name, string Value)[] settings);

    [Fact(Timeout = Limit)]
    public async Task Health_EveryReplicaDown_IsAnsweredByEdge()
    {
        using var refusing = UnreachableReplica.Refusing();
        await using var edge = await StartAsync(refusing.Address);

        foreach (var path in (string[])["/health", "/alive"])
        {
            using var response = await edge.Client.GetAsync(path, TestContext.Current.CancellationToken);

            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe("Healthy");
            response.Headers.GetValues("x-request-id").ShouldHaveSingleItem().ShouldNotBeEmpty();
        }
    }

    [Fact(Timeout = Limit)]
    public async Task ProbesAndMetrics_OfTheReplicas_AreReachedByNobody()
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = await StartAsync(replica.Address);

        // Spelled as the replica would take them, too.
        foreach (var path in (string[])["/health", "/alive", "/ALIVE", "/alive/", "/health/?x=1", "/./alive"])
        {
            (await edge.Client.GetStringAsync(path, TestContext.Current.CancellationToken)).ShouldBe("Healthy", path);
        }

        foreach (var path in (string[])["/metrics", "/Metrics/", "/metrics/x", "/metrics?x=1"])
        {
            using var response = await edge.Client.GetAsync(path, TestContext.Current.CancellationToken);
            await response.ShouldBeErrorAsync(HttpStatusCode.NotFound, "invalid_request_error", "not_found");
        }

        replica.ConnectionOfRequest.ShouldBeEmpty();
    }

    [Fact(Timeout = Limit)]
    public async Task Edge_OnItsPort_AnswersOnBothLoopbackAddresses()
    {
        using var refusing = UnreachableReplica.Refusing();
        await using var edge = await StartAsync(refusing.Address);

        foreach (var host in Socket.OSSupportsIPv6 ? (string[])["127.0.0.1", "[::1]"] : ["127.0.0.1"])
        {
            var address = $"http://{host}:{edge.Port}/health";
            (await edge.Client.GetStringAsync(address, TestContext.Current.CancellationToken)).ShouldBe("Healthy");
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Requests_OneAfterTheOther_EachHaveTheirOwnConnectionToTheReplicas()
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = await StartAsync(replica.Address);

        for (var request = 0; request < 10; request++)
        {
            (await edge.Client.GetAsync("/v1/models", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        replica.ConnectionOfRequest.Distinct().Count().ShouldBe(10);
    }

    [Fact(Timeout = Limit)]
    public async Task Body_LongerThanLimit_IsRefusedWithoutReplica()
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = await StartAsync(replica.Address, ("MAX_BODY_SIZE", "64K"));

        using var fits = await edge.Client.PostAsync("/", new ByteArrayContent(new byte[64 << 10]), TestContext.Current.CancellationToken);
        using var tooLong = await edge.Client.PostAsync(
            "/", new ByteArrayContent(new byte[(64 << 10) + 1]), TestContext.Current.CancellationToken);

        fits.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await tooLong.ShouldBeErrorAsync(HttpStatusCode.RequestEntityTooLarge, "invalid_request_error", "request_too_large"))
            .ShouldBe("The request body is larger than the 65536 bytes that are allowed (MAX_BODY_SIZE).");
        replica.ConnectionOfRequest.Count.ShouldBe(1);
    }

    [Fact(Timeout = Limit)]
    public async Task Body_WithoutLengthAndLongerThanLimit_IsRefused()
    {
        await using var replica = await Replica.StartAsync(ReadBody);
        await using var edge = await StartAsync(replica.Address, ("MAX_BODY_SIZE", "64K"));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/")
        {
            Content = new ByteArrayContent(new byte[128 << 10]),
            Headers = { TransferEncodingChunked = true },
        };

        using var response = await edge.Client.SendAsync(request, TestContext.Current.CancellationToken);

        await response.ShouldBeErrorAsync(HttpStatusCode.RequestEntityTooLarge, "invalid_request_error", "request_too_large");
    }

    [Fact(Timeout = Limit)]
    public async Task Body_AtDefaultLimit_Is16MiB()
    {
        await using var replica = await Replica.StartAsync(ReadBody);
        await using var edge = await StartAsync(replica.Address);

        using var fits = await edge.Client.PostAsync("/", new ByteArrayContent(new byte[16 << 20]), TestContext.Current.CancellationToken);
        using var tooLong = await edge.Client.PostAsync(
            "/", new ByteArrayContent(new byte[(16 << 20) + 1]), TestContext.Current.CancellationToken);

        fits.StatusCode.ShouldBe(HttpStatusCode.OK);
        tooLong.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    private static Task ReadBody(HttpContext context) => context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
}
