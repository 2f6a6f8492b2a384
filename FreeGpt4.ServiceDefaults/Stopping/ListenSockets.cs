using System.Collections.Concurrent;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace FreeGpt4.ServiceDefaults.Stopping;

/// <summary>
/// Where the server listens. A connection that the system has made, and that the server has not yet taken, is reset when the server stops
/// listening, perhaps with a request on it; whoever sent that cannot know whether it was processed. On a busy machine many wait. So the
/// sockets first refuse new connections, are closed when none waits any more, and what was taken is served before the server itself is
/// stopped.
/// </summary>
internal sealed class ListenSockets
{
    // <asm-generic/socket.h>
    private const int SocketLevel = 1;
    private const int BindToDevice = 25;

    // <linux/tcp.h>
    private const int TcpLevel = 6;
    private const int TcpInfo = 11;

    // Of a socket that listens, tcp_info.tcpi_unacked is how many connections wait to be taken.
    private const int WaitingAt = 24;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    // For the requests on connections that were taken last.
    private static readonly TimeSpan OnItsWay = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentBag<Socket> _sockets = [];

    /// <summary>For <see cref="SocketTransportOptions.CreateBoundListenSocket"/>.</summary>
    public Socket Bind(EndPoint address)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(address);
        if (socket.ProtocolType == ProtocolType.Tcp)
        {
            _sockets.Add(socket);
        }

        return socket;
    }

    /// <summary>Whoever connects from now on is refused, and can go elsewhere. Connections that there are stay.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        foreach (var socket in _sockets)
        {
            RefuseNew(socket);
            while (Waiting(socket) > 0 && !cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(Pause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            // The server ends its wait for connections, as when it is stopped.
            socket.Dispose();
        }

        await Task.Delay(OnItsWay, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // The system has no call for it; but a socket that belongs to another network device is not found by who connects, while those who have
    // connected stay in its queue. Where that cannot be done, connections that come until the queue is found empty are taken, too.
    private static void RefuseNew(Socket socket)
    {
        try
        {
            var isLoopback = socket.LocalEndPoint is IPEndPoint address && IPAddress.IsLoopback(address.Address);
            if (OperatingSystem.IsLinux() && OtherDevice(isLoopback) is { } device)
            {
                socket.SetRawSocketOption(SocketLevel, BindToDevice, Encoding.ASCII.GetBytes(device + '\0'));
            }
        }
        catch (Exception refused) when (refused is SocketException or NetworkInformationException or ObjectDisposedException)
        {
            // The sockets are closed all the same.
        }
    }

    // Other services come by the loopback device to a loopback address only.
    private static string? OtherDevice(bool isLoopback) => NetworkInterface.GetAllNetworkInterfaces()
        .FirstOrDefault(device => device.NetworkInterfaceType is NetworkInterfaceType.Loopback != isLoopback)?.Name;

    private static uint Waiting(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        try
        {
            Span<byte> info = stackalloc byte[WaitingAt + sizeof(uint)];
            var length = socket.GetRawSocketOption(TcpLevel, TcpInfo, info);
            return length < info.Length ? 0 : MemoryMarshal.Read<uint>(info[WaitingAt..]);
        }
        catch (Exception closed) when (closed is ObjectDisposedException or SocketException)
        {
            return 0;
        }
    }
}
