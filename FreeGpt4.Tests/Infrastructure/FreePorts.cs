using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace FreeGpt4.Tests.Infrastructure;

/// <summary>
/// Ports for servers that are told where to listen. They lie below those that the kernel gives to whoever asks for any port, since
/// one of these can be gone again before the server has started.
/// </summary>
internal static class FreePorts
{
    private const int First = 20_000;
    private const int EndOfRange = 32_000;

    private static readonly ConcurrentDictionary<int, bool> Given = new();

    public static int Next()
    {
        while (true)
        {
            var port = Random.Shared.Next(First, EndOfRange);
            if (IsFree(port) && Given.TryAdd(port, true))
            {
                return port;
            }
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }
}
