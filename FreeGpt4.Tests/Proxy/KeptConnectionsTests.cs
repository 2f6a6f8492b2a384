using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy;

namespace FreeGpt4.Tests.Proxy;

public sealed class KeptConnectionsTests
{
    [Fact]
    public async Task Requests_OneAfterTheOther_ShareOneConnection()
    {
        await using var replica = await Replica.StartAsync(_ => Task.CompletedTask);
        await using var edge = new ProxyFactory([replica.Address]);

        await SendAsync(edge, 10);

        replica.ConnectionOfRequest.Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task Requests_WithNoneKeptBehindBalancerOfConnections_ReachEveryReplica()
    {
        await using var one = await Replica.StartAsync(context => context.Response.WriteAsync("one", context.RequestAborted));
        await using var two = await Replica.StartAsync(context => context.Response.WriteAsync("two", context.RequestAborted));
        await using var balancer = new ConnectionBalancer([one.Address, two.Address]);
        await using var edge = new ProxyFactory([balancer.Address]).With("UPSTREAM_KEEPALIVE", "0");

        await SendAsync(edge, 10);

        one.ConnectionOfRequest.Count.ShouldBe(5);
        two.ConnectionOfRequest.Count.ShouldBe(5);
    }

    [Fact(Timeout = Patience.OfTest)]
    public async Task Requests_MoreAtOnceThanKept_LeaveThatManyConnections()
    {
        const int Kept = 2;
        const int AtOnce = 6;
        var arrived = Channel.CreateUnbounded<bool>();
        var goOn = new TaskCompletionSource();
        await using var replica = await Replica.StartAsync(async context =>
        {
            arrived.Writer.TryWrite(true);
            await goOn.Task.WaitAsync(context.RequestAborted);
        });
        await using var edge = new ProxyFactory([replica.Address]).With("UPSTREAM_KEEPALIVE", $"{Kept}");

        // Each starts when the one before it runs: of two that start together both may count as the later one, and neither is kept.
        var answers = new List<Task<string>>();
        for (var request = 0; request < AtOnce; request++)
        {
            answers.Add(edge.Client.GetStringAsync("/", TestContext.Current.CancellationToken));
            await arrived.Reader.ReadAsync(TestContext.Current.CancellationToken);
        }

        goOn.SetResult();
        await Task.WhenAll(answers);

        replica.ConnectionOfRequest.Distinct().Count().ShouldBe(AtOnce);
        (await replica.HasOpenConnectionsAsync(atMost: Kept)).ShouldBe(Kept);

        for (var request = 0; request < 3; request++)
        {
            await NothingRunsAsync(edge);
            await SendAsync(edge, 1);
        }

        (await replica.HasOpenConnectionsAsync(atMost: Kept)).ShouldBe(Kept);
        replica.ConnectionOfRequest.Distinct().Count().ShouldBe(AtOnce);
    }

    // The edge is done with a request a moment after its client has the answer.
    private static Task NothingRunsAsync(ProxyFactory edge) => Eventually.IsTrue(
        () => edge.Services.GetRequiredService<IProxyStateLookup>().GetClusters()
            .SelectMany(cluster => cluster.DestinationsState.AllDestinations)
            .All(destination => destination.ConcurrentRequestCount == 0),
        Patience.Limit,
        "no request runs",
        TestContext.Current.CancellationToken);

    private static async Task SendAsync(ProxyFactory edge, int count)
    {
        for (var i = 0; i < count; i++)
        {
            using var response = await edge.Client.GetAsync("/", TestContext.Current.CancellationToken);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    /// <summary>Like the address of several replicas in run mode: hands each new connection to the next one.</summary>
    private sealed class ConnectionBalancer : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stopping = new();
        private readonly Uri[] _targets;
        private readonly Task _running;

        public ConnectionBalancer(Uri[] targets)
        {
            _targets = targets;
            _listener.Start();
            _running = RunAsync();
        }

        public Uri Address => new($"http://{_listener.LocalEndpoint}");

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            _listener.Dispose();
            await _running;
            _stopping.Dispose();
        }

        private async Task RunAsync()
        {
            var joined = new List<Task>();
            try
            {
                for (var i = 0; ; i++)
                {
                    joined.Add(JoinAsync(await _listener.AcceptTcpClientAsync(_stopping.Token), _targets[i % _targets.Length]));
                }
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                await Task.WhenAll(joined);
            }
        }

        private async Task JoinAsync(TcpClient client, Uri target)
        {
            using (client)
            using (var replica = new TcpClient())
            {
                try
                {
                    await replica.ConnectAsync(target.Host, target.Port, _stopping.Token);
                    await Task.WhenAny(
                        client.GetStream().CopyToAsync(replica.GetStream(), _stopping.Token),
                        replica.GetStream().CopyToAsync(client.GetStream(), _stopping.Token));
                }
                catch (Exception gone) when (gone is SocketException or OperationCanceledException)
                {
                    return;
                }
            }
        }
    }
}
