using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>Finds free TCP ports on both loopback addresses and keeps them for those that are told to listen there. None is one that an endpoint of the model wants.</summary>
internal sealed class LoopbackPorts(DistributedApplicationModel model) : IDisposable
{
    private const int Attempts = 100;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, PortReservation> _reserved = [];

    /// <summary>A port for a server that is about to start. However long that takes, the system gives it to nobody who asks for any port.</summary>
    public int Next()
    {
        lock (_lock)
        {
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                if (PortReservation.TryTake() is not { } reservation)
                {
                    continue;
                }

                if (IsWanted(reservation.Port))
                {
                    reservation.Dispose();
                    continue;
                }

                _reserved.Add(reservation.Port, reservation);
                return reservation.Port;
            }
        }

        throw new DistributedApplicationException($"No TCP port of this machine is free on loopback after {Attempts} attempts.");
    }

    /// <summary>Gives a port up, unless it was not one of <see cref="Next"/>.</summary>
    public void Release(int port)
    {
        lock (_lock)
        {
            if (_reserved.Remove(port, out var reservation))
            {
                reservation.Dispose();
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var reservation in _reserved.Values)
            {
                reservation.Dispose();
            }

            _reserved.Clear();
        }
    }

    /// <summary>Whether a server could listen on the port, on every loopback address that this machine has.</summary>
    public static bool IsFree(int port) => CanListen(IPAddress.Loopback, port) && (!Socket.OSSupportsIPv6 || CanListen(IPAddress.IPv6Loopback, port));

    private bool IsWanted(int port)
        => model.Resources.SelectMany(r => r.Annotations.OfType<EndpointAnnotation>()).Any(e => e.Port == port || e.TargetPort == port);

    private static bool CanListen(IPAddress address, int port)
    {
        try
        {
            using var socket = LoopbackSocket.Bind(address, port);
            socket?.Listen();
            return true;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            return false;
        }
    }
}
