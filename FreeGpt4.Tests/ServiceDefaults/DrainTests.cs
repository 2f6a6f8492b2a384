using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using FreeGpt4.ServiceDefaults.Stopping;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace FreeGpt4.Tests.ServiceDefaults;

public sealed class DrainTests
{
    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(5);

    [Fact(Timeout = Patience.OfTest)]
    public async Task Stopping_ForAMoment_AnswersEveryConnectionAndClosesIt()
    {
        var time = new FakeTimeProvider();
        await using var app = TestService.Build(before: builder => builder.Services.AddSingleton<TimeProvider>(time));
        app.MapGet("/work", () => "done");
        using var keeping = await app.StartWithClientAsync();
        using var coming = new HttpClient { BaseAddress = keeping.BaseAddress };

        var closedBefore = await GetAsync(keeping);
        var stopped = app.StopAsync(TestContext.Current.CancellationToken);
        var closedOnKept = await GetAsync(keeping);
        var closedOnNew = await GetAsync(coming);

        closedBefore.ShouldBeFalse();
        closedOnKept.ShouldBeTrue();
        closedOnNew.ShouldBeTrue();
        stopped.IsCompleted.ShouldBeFalse();
        time.Advance(LongEnough);
        await stopped;
        var refused = await Should.ThrowAsync<HttpRequestException>(GetAsync(coming));
        refused.InnerException.ShouldBeOfType<SocketException>().SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Stopping_RequestBegunDuringDrain_IsFinished()
    {
        var time = new FakeTimeProvider();
        var begun = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        await using var app = TestService.Build(before: builder => builder.Services.AddSingleton<TimeProvider>(time));
        app.MapGet("/work", () => "done");
        app.MapGet("/slow", async () =>
        {
            begun.SetResult();
            await goOn.Task;
            return "done";
        });
        using var client = await app.StartWithClientAsync();
        await GetAsync(client);

        var stopped = app.StopAsync(TestContext.Current.CancellationToken);
        var answer = client.GetStringAsync("/slow", TestContext.Current.CancellationToken);
        await begun.Task;
        time.Advance(LongEnough);
        goOn.SetResult();

        (await answer).ShouldBe("done");
        await stopped;
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Stopping_NoSocketEverUsed_DoesNotDrain()
    {
        await using var app = TestService.Build(
            before: builder => builder.Services.AddSingleton<TimeProvider>(new FakeTimeProvider()),
            after: builder => builder.WebHost.UseTestServer());
        app.MapGet("/work", () => "done");
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = app.GetTestClient();
        await GetAsync(client);

        await app.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Closing_WithAConnectionThatWaits_RefusesOthersAndLeavesItToBeTaken()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && NetworkInterface.GetAllNetworkInterfaces().Length > 1, "It needs Linux and a network device besides loopback.");
        var sockets = new ListenSockets();
        using var listener = sockets.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var waiting = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await waiting.ConnectAsync(listener.LocalEndPoint!, TestContext.Current.CancellationToken);
        using var late = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        var closed = sockets.CloseAsync(TestContext.Current.CancellationToken);
        var refused = await Should.ThrowAsync<SocketException>(late.ConnectAsync(listener.LocalEndPoint!, TestContext.Current.CancellationToken).AsTask());
        closed.IsCompleted.ShouldBeFalse();
        using var taken = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        await closed;

        refused.SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);
        taken.RemoteEndPoint.ShouldBe(waiting.LocalEndPoint);
    }

    private static async Task<bool> GetAsync(HttpClient client)
    {
        using var response = await client.GetAsync("/work", TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return response.Headers.ConnectionClose == true;
    }
}
