using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>Finds free TCP ports on both loopback addresses. None is given out twice, nor one that an endpoint of the model wants.</summary>
internal sealed class LoopbackPorts(DistributedApplicationModel model)
{
    private const int Attempts = 100;

    private readonly Lock _lock = new();
    private readonly HashSet<int> _given = [];

    public int Next()
    {
        lock (_lock)
        {
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                var port = AnyFree();
                if (IsFree(port) && !IsWanted(port) && _given.Add(port))
                {
                    return port;
                }
            }
        }

        throw new DistributedApplicationException($"No TCP port of this machine is free on loopback after {Attempts} attempts.");
    }

    /// <summary>Whether a server could listen on the port, on every loopback address that this machine has.</summary>
    public static bool IsFree(int port) => CanBind(IPAddress.Loopback, port) && (!Socket.OSSupportsIPv6 || CanBind(IPAddress.IPv6Loopback, port));

    private bool IsWanted(int port)
        => model.Resources.SelectMany(r => r.Annotations.OfType<EndpointAnnotation>()).Any(e => e.Port == port || e.TargetPort == port);

    private static int AnyFree()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static bool CanBind(IPAddress address, int port)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);

            // As servers do: a connection of an earlier run that lingers in TIME_WAIT does not make the port busy.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen();
            return true;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            return false;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported)
        {
            // The kernel knows IPv6 but this machine has no ::1: nothing can be in the way there.
            return true;
        }
    }
}
