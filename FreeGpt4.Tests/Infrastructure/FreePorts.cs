using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>Ports for servers that are told where to listen. Nobody else is given one, however long its server takes to start.</summary>
internal static class FreePorts
{
    // Bound without listening: the system gives the port to no process that asks for any, and servers, which set SO_REUSEADDR as .NET does
    // by itself, can listen there.
    private static readonly ConcurrentBag<Socket> Held = [];

    public static int Next()
    {
        while (true)
        {
            var ipv4 = Hold(new IPEndPoint(IPAddress.Loopback, 0))!;
            var port = ((IPEndPoint)ipv4.LocalEndPoint!).Port;
            if (!Socket.OSSupportsIPv6 || Hold(new IPEndPoint(IPAddress.IPv6Loopback, port)) is not null)
            {
                return port;
            }
        }
    }

    private static Socket? Hold(IPEndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(address);
        }
        catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse && address.Port != 0)
        {
            socket.Dispose();
            return null;
        }

        Held.Add(socket);
        return socket;
    }
}
