using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting.Orchestration;

internal static class LoopbackSocket
{
    /// <summary>Takes a port as servers do, but does not listen yet.</summary>
    /// <param name="port">0 for any that nobody has.</param>
    /// <returns>Null when this machine lacks the address: nothing can be in the way there.</returns>
    /// <exception cref="SocketException">The port is taken, or not to be had.</exception>
    public static Socket? Bind(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // A connection of an earlier run that lingers in TIME_WAIT does not make the port busy, nor does one that is bound like this.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(address, port));
            return socket;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported)
        {
            socket.Dispose();
            return null;
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }
}
