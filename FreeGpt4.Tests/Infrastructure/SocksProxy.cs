using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>
/// A SOCKS5 proxy on loopback that wants a user and a password, and leads to one server whatever host it is asked for.
/// https://www.rfc-editor.org/rfc/rfc1928, rfc1929
/// </summary>
internal sealed class SocksProxy : IAsyncDisposable
{
    private const byte Version = 5;
    private const byte WithPassword = 2;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _hosts = new();
    private readonly Uri _target;
    private readonly Task _work;

    private SocksProxy(Uri target)
    {
        _target = target;
        _listener.Start();
        _work = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The hosts that it was asked for, with the user who did: <c>me:secret upstream.test:80</c>.</summary>
    public IReadOnlyList<string> Hosts => [.. _hosts];

    public static SocksProxy Start(UpstreamServer target) => new(new(target.BaseUrl));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _work;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var methods = await ReadAsync(stream, (await ReadAsync(stream, 2))[1]);
                methods.ShouldContain(WithPassword);
                await stream.WriteAsync(new byte[] { Version, WithPassword }, _stop.Token);
                await ReadAsync(stream, 1);
                var user = await ReadTextAsync(stream);
                var password = await ReadTextAsync(stream);
                await stream.WriteAsync(new byte[] { 1, 0 }, _stop.Token);
                await ReadAsync(stream, 4);
                var host = await ReadTextAsync(stream);
                var port = await ReadAsync(stream, 2);
                _hosts.Enqueue($"{user}:{password} {host}:{(port[0] << 8) + port[1]}");
                await stream.WriteAsync(new byte[] { Version, 0, 0, 1, 0, 0, 0, 0, 0, 0 }, _stop.Token);
                using var upstream = new TcpClient();
                await upstream.ConnectAsync(_target.Host, _target.Port, _stop.Token);
                var there = upstream.GetStream();
                await Task.WhenAny(stream.CopyToAsync(there, _stop.Token), there.CopyToAsync(stream, _stop.Token));
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
            {
                // Somebody has gone.
            }
        }
    }

    private async Task<byte[]> ReadAsync(NetworkStream stream, int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, _stop.Token);
        return bytes;
    }

    private async Task<string> ReadTextAsync(NetworkStream stream) =>
        Encoding.UTF8.GetString(await ReadAsync(stream, (await ReadAsync(stream, 1))[0]));
}
