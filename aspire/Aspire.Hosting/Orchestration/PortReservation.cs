using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting.Orchestration;

/// <summary>A port on both loopback addresses, held until it is disposed of.</summary>
/// <remarks>
/// The sockets are bound and do not listen. Linux gives such a port to no process that asks for any port, be it to listen
/// (ip_autobind_reuse, https://docs.kernel.org/networking/ip-sysctl.html) or to connect, while a server that asks for this one gets it, given
/// that it sets SO_REUSEADDR, as servers do.
/// </remarks>
internal sealed class PortReservation : IDisposable
{
    private readonly Socket _ipv4;
    private readonly Socket? _ipv6;

    private PortReservation(Socket ipv4, Socket? ipv6)
    {
        _ipv4 = ipv4;
        _ipv6 = ipv6;
        Port = PortOf(ipv4);
    }

    public int Port { get; }

    /// <returns>Null if no port was to be had, or one that is free on one of the addresses only.</returns>
    public static PortReservation? TryTake()
    {
        Socket? ipv4 = null;
        try
        {
            ipv4 = LoopbackSocket.Bind(IPAddress.Loopback, 0) ?? throw new DistributedApplicationException("This machine has no loopback address 127.0.0.1.");
            return new(ipv4, Socket.OSSupportsIPv6 ? LoopbackSocket.Bind(IPAddress.IPv6Loopback, PortOf(ipv4)) : null);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            ipv4?.Dispose();
            return null;
        }
    }

    public void Dispose()
    {
        _ipv4.Dispose();
        _ipv6?.Dispose();
    }

    private static int PortOf(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;
}
