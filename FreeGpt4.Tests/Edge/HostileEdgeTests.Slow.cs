using System.Net;
using System.Net.Sockets;
using System.Text;
using FreeGpt4.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace FreeGpt4.Tests.Edge;

public abstract partial class HostileEdgeTests
{
    // A tenth of what the system lets the processes open, which is the edge's limit, too.
    private static readonly int Idle = Effort.Choose(usual: 1000, full: 10_000);

    private static int Slow => Idle / 10;

    [Fact]
    public async Task Clients_ThatNeverFinish_DoNotKeepOthersFromAnswers()
    {
        await using var name = new ReplicaName(1, 2);
        await using var one = await Replica.StartAsync(EchoAsync, name.EndPoint(1));
        await using var two = await Replica.StartAsync(EchoAsync, name.EndPoint(2));
        await using var edge = await program.StartAsync(name, Unlimited);
        using var crowd = new Crowd(edge.Port);

        await crowd.ComeAsync(Slow, "GET /v1/mod");
        await crowd.ComeAsync(Slow, "GET /v1/models HTTP/1.1\r\nHost: a\r\nx-slow: ");
        await crowd.ComeAsync(Slow, "POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nx");
        await crowd.ComeAsync(Slow, "POST /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
        for (var round = 0; round < 5; round++)
        {
            // A byte now and then, as whoever means to stay.
            await crowd.SendAsync("a");
            await OthersAreAnsweredAsync(edge);
        }
    }

    [Fact]
    public async Task Clients_ThatDoNotRead_DoNotKeepOthersFromAnswers()
    {
        await using var name = new ReplicaName(1);
        await using var replica = await Replica.StartAsync(
            async context =>
            {
                if (context.Request.Path != "/long")
                {
                    await EchoAsync(context);
                    return;
                }

                var part = new byte[64 << 10];
                for (var written = 0; written < 64 << 20; written += part.Length)
                {
                    await context.Response.Body.WriteAsync(part, context.RequestAborted);
                }
            },
            name.EndPoint(1));
        await using var edge = await program.StartAsync(name, Unlimited);
        using var crowd = new Crowd(edge.Port);

        await crowd.ComeAsync(20, "GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
        await Eventually.IsTrue(() => replica.ConnectionOfRequest.Count >= 20, Patience.Limit, "all ask", Cancelled);

        await OthersAreAnsweredAsync(edge);
    }

    [Fact]
    public async Task Connections_ManyAndIdle_DoNotKeepOthersFromAnswers()
    {
        await using var name = new ReplicaName(1);
        await using var replica = await Replica.StartAsync(EchoAsync, name.EndPoint(1));
        await using var edge = await program.StartAsync(name, Unlimited);
        using var crowd = new Crowd(edge.Port);

        await crowd.ComeAsync(Idle, "");
        await OthersAreAnsweredAsync(edge);

        edge.HasExited.ShouldBeFalse();
        TestContext.Current.TestOutputHelper?.WriteLine($"{Idle} idle connections, {crowd.Lost} of them refused or ended by the edge");
    }

    [Fact]
    public async Task Http2Requests_ResetAtOnce_DoNotKeepOthersFromAnswers()
    {
        using var files = new CertificateFiles("one.example");
        var port = FreePorts.Next();
        await using var name = new ReplicaName(1);
        await using var replica = await Replica.StartAsync(
            context => context.Request.Path == "/hang" ? Task.Delay(Timeout.Infinite, context.RequestAborted) : EchoAsync(context), name.EndPoint(1));
        await using var edge = await program.StartAsync(name, [.. Unlimited, .. files.Settings, ("TLS_PORT", $"{port}")]);
        using var hasty = CertificateFiles.Client(_ => { });
        hasty.DefaultRequestVersion = HttpVersion.Version20;
        hasty.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        (await hasty.GetStringAsync($"https://localhost:{port}/health", Cancelled)).ShouldBe("Healthy");

        for (var round = 0; round < Slow; round++)
        {
            using var gone = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
            var requests = Enumerable.Range(0, 10).Select(_ => hasty.GetAsync($"https://localhost:{port}/hang", gone.Token)).ToArray();
            await gone.CancelAsync();

            // The edge may have had enough of this client.
            var left = await Should.ThrowAsync<Exception>(Task.WhenAll(requests));
            (left is OperationCanceledException or HttpRequestException).ShouldBeTrue($"{left}");
        }

        await OthersAreAnsweredAsync(edge);
    }

    private static async Task EchoAsync(HttpContext context)
    {
        await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        await context.Response.WriteAsync(context.Request.Path, context.RequestAborted);
    }

    // From clients that come anew, since a connection that is there already says nothing.
    private static async Task OthersAreAnsweredAsync(RunningEdge edge)
    {
        for (var number = 0; number < 10; number++)
        {
            using var client = new HttpClient { BaseAddress = edge.Client.BaseAddress };
            (await client.GetStringAsync($"/v1/{number}", Cancelled)).ShouldBe($"/v1/{number}");
            using var posted = await client.PostAsync($"/v1/{number}", new StringContent("x"), Cancelled);
            posted.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    /// <summary>Many connections that send something and stay.</summary>
    private sealed class Crowd(int port) : IDisposable
    {
        private readonly List<Socket> _members = [];

        public int Lost => _members.Count(socket => socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0);

        public async Task ComeAsync(int count, string says)
        {
            for (var number = 0; number < count; number++)
            {
                var member = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                _members.Add(member);
                await member.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), Cancelled);
                if (says.Length > 0)
                {
                    await member.SendAsync(Encoding.Latin1.GetBytes(says), Cancelled);
                }
            }
        }

        /// <summary>Each sends a little more, unless the edge has had enough of it.</summary>
        public async Task SendAsync(string text)
        {
            foreach (var member in _members)
            {
                try
                {
                    await member.SendAsync(Encoding.Latin1.GetBytes(text), Cancelled);
                }
                catch (SocketException gone) when (gone.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
                {
                    continue;
                }
            }
        }

        public void Dispose() => _members.ForEach(member => member.Dispose());
    }
}
